#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace keypool {

/// One API key. Cannot be printed, formatted, copied or compared by accident; its bytes are wiped
/// when it ends or is moved from.
///
/// The bytes live on the heap, so that a dump of the object itself shows a pointer only. `reveal()`
/// is the one way to read them: search for it to see every place where a secret leaves this type.
///
///     Secret key{"sk-…"};
///     send("Authorization: Bearer ", key.reveal());
///
/// Thread-safety: distinct objects may be used at once; a shared one only through const members.
class Secret {
 public:
  Secret() noexcept = default;

  /// Copies `bytes`; wiping the original stays the caller's business.
  explicit Secret(std::string_view bytes);

  /// Takes the bytes over and wipes what stood in `bytes`.
  explicit Secret(std::string&& bytes);

  explicit Secret(const char* bytes) : Secret(std::string_view(bytes)) {}

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// A second owner of the same bytes, where one is really wanted.
  [[nodiscard]] Secret clone() const;

  /// The bytes themselves. Valid until this object ends or is assigned to.
  [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_}; }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const Secret&, const Secret&) = delete;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

  /// What GoogleTest prints for a value that holds a secret.
  friend void PrintTo(const Secret&, std::ostream* out);

 private:
  void wipe() noexcept;

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Overwrites `size` bytes at `bytes` in a way the compiler may not leave out.
void wipe_memory(void* bytes, std::size_t size) noexcept;

}  // namespace keypool
