#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/secret_source.h>

namespace keypool::test {

/// Knows the names it is told, and no others.
class FakeSecrets final : public SecretSource {
 public:
  explicit FakeSecrets(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}

  [[nodiscard]] std::optional<Found> resolve(std::string_view name) const override {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return Found{Secret(std::string_view(found->second)), "memory"};
  }

  [[nodiscard]] std::vector<std::string> places(std::string_view name) const override {
    return {std::string(name) + " in memory: not there"};
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace keypool::test
