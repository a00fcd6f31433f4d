#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret_source.h>

#include "secrets/wiped_text.h"

namespace keypool::secrets {

/// `~/.car/env` as it is now, before another source: for a process that runs threads, whose
/// environment must not change any more. As at the start, what the process was given by whoever
/// started it comes first.
class CarEnvNow final : public SecretSource {
 public:
  /// Reads the file; `otherwise` must outlive it. Lines that cannot be read are told.
  CarEnvNow(const SecretSource& otherwise,
            const std::function<void(std::string_view text)>& on_problem);

  [[nodiscard]] std::optional<Found> resolve(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> places(std::string_view name) const override;

 private:
  const SecretSource& otherwise_;
  std::map<std::string, WipedText, std::less<>> values_;
};

}  // namespace keypool::secrets
