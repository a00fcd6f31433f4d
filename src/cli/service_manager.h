#pragma once

#include <string>
#include <string_view>

namespace keypool::cli {

/// The service manager that started this process, where one did, and wants to hear how it goes:
/// what sd_notify(3) of systemd does, without its library. Where none did, nothing happens.
///
/// Thread-safety: any thread, once it is made; make it before the first thread.
class ServiceManager {
 public:
  /// Takes what it says out of the environment, so that no child takes it for its own.
  ServiceManager();

  /// Calls are served now.
  void ready() const noexcept { tell("READY=1"); }
  /// No further call is.
  void stopping() const noexcept { tell("STOPPING=1"); }

 private:
  void tell(std::string_view what) const noexcept;

  std::string socket_;  // empty: it does not listen
};

}  // namespace keypool::cli
