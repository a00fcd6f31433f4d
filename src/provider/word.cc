#include "provider/word.h"

#include <cstddef>

namespace keypool::provider {

namespace {

constexpr std::size_t kSlots = 1024;
static_assert((kSlots & (kSlots - 1)) == 0 && std::size(kWords) * 3 < kSlots);

constexpr std::size_t slot_of(std::string_view name) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
  return (name.size() * 37 + byte(0) * 5 + byte(name.size() / 2) * 61 +
          byte(name.size() - 1) * 17) &
         (kSlots - 1);
}

// Open addressing: most names of a text that nobody looks for meet an empty slot at once.
constexpr std::array<Word, kSlots> kTable = [] {
  std::array<Word, kSlots> table{};
  for (std::size_t i = kElement + 1; i < std::size(kWords); ++i) {
    std::size_t slot = slot_of(kWords[i]);
    while (table[slot] != 0) slot = (slot + 1) & (kSlots - 1);
    table[slot] = static_cast<Word>(i);
  }
  return table;
}();

}  // namespace

Word find_word(std::string_view name) noexcept {
  if (name.empty()) return kOtherName;
  for (std::size_t slot = slot_of(name); kTable[slot] != 0; slot = (slot + 1) & (kSlots - 1)) {
    if (kWords[kTable[slot]] == name) return kTable[slot];
  }
  return kOtherName;
}

}  // namespace keypool::provider
