# Flags that every target of ours gets, on one interface target instead of directory-wide settings.
option(KEYPOOL_TESTS "Build the tests" ON)
option(KEYPOOL_BENCH "Build the benchmarks" OFF)
option(KEYPOOL_EXAMPLES "Build the examples" ON)
set(KEYPOOL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(keypool_flags INTERFACE)
target_compile_options(keypool_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
  -Werror=switch -Werror=return-type -Werror=unused-result -fno-omit-frame-pointer)
if(KEYPOOL_SANITIZE)
  target_compile_options(keypool_flags INTERFACE -fsanitize=${KEYPOOL_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(keypool_flags INTERFACE -fsanitize=${KEYPOOL_SANITIZE})
  if(KEYPOOL_SANITIZE MATCHES thread)
    target_sources(keypool_flags INTERFACE
      $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_SOURCE_DIR}/tests/thread_sanitizer.cc>)
  endif()
else()
  target_compile_options(keypool_flags INTERFACE
    -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  target_link_options(keypool_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
