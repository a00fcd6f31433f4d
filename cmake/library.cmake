# libkeypool.a: the rooms that a program needs to lease keys by itself, in one archive.
add_library(libkeypool STATIC
  $<TARGET_OBJECTS:room_pool> $<TARGET_OBJECTS:room_secrets> $<TARGET_OBJECTS:room_state>)
add_library(keypool::keypool ALIAS libkeypool)
set_target_properties(libkeypool PROPERTIES
  EXPORT_NAME keypool OUTPUT_NAME keypool ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} LINKER_LANGUAGE CXX)
target_include_directories(libkeypool PUBLIC
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(libkeypool PUBLIC Threads::Threads fmt::fmt
  PRIVATE SQLite::SQLite3 OpenSSL::Crypto simdjson::simdjson)
