#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "secrets/environment.h"

namespace keypool::test {

/// Changes environment variables and puts them back as they were.
class ScopedEnvironment {
 public:
  ScopedEnvironment() = default;
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

  ~ScopedEnvironment() {
    for (auto before = changed_.rbegin(); before != changed_.rend(); ++before) {
      if (before->value) {
        ::setenv(before->name.c_str(), before->value->c_str(), 1);
      } else {
        ::unsetenv(before->name.c_str());
      }
    }
  }

  void set(const std::string& name, const std::string& value) {
    remember(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  void unset(const std::string& name) {
    remember(name);
    ::unsetenv(name.c_str());
  }

 private:
  struct Before {
    std::string name;
    std::optional<std::string> value;
  };

  void remember(const std::string& name) {
    const auto value = secrets::variable(name);
    changed_.push_back({name, value ? std::optional<std::string>(*value) : std::nullopt});
  }

  std::vector<Before> changed_;
};

}  // namespace keypool::test
