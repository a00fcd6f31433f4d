# keypool_room(NAME SOURCES a.cc … [DEPS room …] [LINKS library …])
#
# One static library a room. A room includes its own headers as "NAME/x.h" and those of the rooms in
# DEPS alike; each room has an include root of its own, so that an include of any other room is
# "No such file or directory": the dependency rule is kept by the compiler.
function(keypool_room NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LINKS" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/rooms/${NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${NAME} ${root}/${NAME} SYMBOLIC)

  add_library(room_${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(room_${NAME} PUBLIC ${root} ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(room_${NAME} PUBLIC ${ARG_LINKS} PRIVATE $<BUILD_INTERFACE:keypool_flags>)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(room_${NAME} PUBLIC room_${dep})
  endforeach()
endfunction()
