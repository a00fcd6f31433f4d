#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace keypool::state {

/// The sign that one process works on a file and wants no second: a lock on `path` + ".lock", which
/// tells who it is. Gone with the process, however that ends; the lock's file stays behind.
class Holder {
 public:
  /// Why it is not ours.
  struct Refusal {
    bool held = false;    ///< by another process, or another Holder of this one
    std::string message;  ///< who holds it ("process 4711"), or what the system says
  };

  /// Does not wait. The folder must be there.
  [[nodiscard]] static std::expected<Holder, Refusal> take(const std::filesystem::path& path);

  Holder(Holder&& other) noexcept;
  Holder& operator=(Holder&& other) noexcept;
  ~Holder();

 private:
  explicit Holder(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace keypool::state
