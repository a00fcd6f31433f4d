find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
if(NOT APPLE AND NOT WIN32)
  # For its headers: the library itself is looked for at run time (src/secrets/libsecret.h).
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(LIBSECRET REQUIRED libsecret-1)
endif()

# Asio's and Beast's non-template parts are compiled once, in src/http/asio.cc, for every room that
# links this target.
add_library(keypool_asio INTERFACE)
target_link_libraries(keypool_asio INTERFACE Boost::headers Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(keypool_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
