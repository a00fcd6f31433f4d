# cmake -DOUT=embedded.cc -P embed.cmake FILE…
#
# Writes a source file that holds the bytes of each FILE, so that what the program serves is part of
# it.
set(arrays "")
set(table "")
set(number 0)
math(EXPR last "${CMAKE_ARGC} - 1")
set(begun FALSE)
foreach(i RANGE ${last})
  set(argument "${CMAKE_ARGV${i}}")
  if(begun)
    get_filename_component(name ${argument} NAME)
    file(READ ${argument} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "constexpr unsigned char kBytes${number}[] = {${bytes}};\n")
    string(APPEND table "    {\"${name}\", text(kBytes${number}, sizeof kBytes${number})},\n")
    math(EXPR number "${number} + 1")
  elseif(argument MATCHES "embed.cmake$")
    set(begun TRUE)
  endif()
endforeach()

file(WRITE ${OUT} "// Written by embed.cmake.
#include <algorithm>
#include <cstddef>

#include \"admin/assets.h\"

namespace keypool::admin {
namespace {

${arrays}
std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

const Asset kAssets[] = {
${table}};

}  // namespace

std::optional<Asset> asset(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kAssets, name, &Asset::name);
  if (found == std::end(kAssets)) return std::nullopt;
  return *found;
}

}  // namespace keypool::admin
")
