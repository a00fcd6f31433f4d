# keypool_suite(ROOM SOURCES a_test.cc … [LINKS target …])
#
# One test program a room, tests/ROOM mirroring src/ROOM; each TEST becomes one ctest case.
include(GoogleTest)
find_package(GTest)

function(keypool_suite ROOM)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${ROOM}_tests ${ARG_SOURCES})
  target_link_libraries(${ROOM}_tests PRIVATE room_${ROOM} ${ARG_LINKS} keypool_flags
                        GTest::gmock GTest::gtest_main)
  target_include_directories(${ROOM}_tests PRIVATE ${CMAKE_SOURCE_DIR})
  gtest_discover_tests(${ROOM}_tests TEST_PREFIX ${ROOM}. DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 120)
endfunction()
