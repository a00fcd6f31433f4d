# What is installed, by component, and the Debian packages that `make package` makes of them:
#   keypool          the gateway, its service and its configuration
#   libkeypool-c0    the C interface, for every language
#   libkeypool-dev   headers, archive, CMake and pkg-config files
include(CMakePackageConfigHelpers)

set(packaging ${CMAKE_SOURCE_DIR}/packaging)
set(examples ${CMAKE_INSTALL_DATADIR}/doc/keypool/examples)

install(TARGETS keypool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT gateway)
install(FILES ${packaging}/systemd/keypool.service
        DESTINATION lib/systemd/system COMPONENT gateway)
install(FILES ${packaging}/debian/keypool.yaml DESTINATION /etc/keypool COMPONENT gateway)
install(DIRECTORY ${packaging}/prometheus ${packaging}/grafana DESTINATION ${examples} COMPONENT gateway)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/keypool COMPONENT gateway)

install(TARGETS keypool_c EXPORT keypool
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)

install(TARGETS libkeypool EXPORT keypool ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/keypool
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(EXPORT keypool NAMESPACE keypool:: FILE keypoolTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/keypool COMPONENT dev)
configure_package_config_file(cmake/keypoolConfig.cmake.in ${CMAKE_BINARY_DIR}/keypoolConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/keypool)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/keypoolConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/keypoolConfig.cmake ${CMAKE_BINARY_DIR}/keypoolConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/keypool COMPONENT dev)
# Relative, so that what is installed may be moved.
file(RELATIVE_PATH PREFIX_FROM_PKGCONFIG /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(library keypool keypool_c)
  configure_file(cmake/${library}.pc.in ${CMAKE_BINARY_DIR}/${library}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${library}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endforeach()

# The files that Debian's policy wants of every package.
foreach(document CHANGELOG.md=changelog packaging/debian/changelog=changelog.Debian)
  string(REGEX MATCH "^(.*)=(.*)$" _ ${document})
  execute_process(COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/${CMAKE_MATCH_1}
                  OUTPUT_FILE ${CMAKE_BINARY_DIR}/${CMAKE_MATCH_2}.gz COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(component gateway=keypool library=libkeypool-c0 dev=libkeypool-dev)
  string(REGEX MATCH "^(.*)=(.*)$" _ ${component})
  install(FILES ${packaging}/debian/overrides/${CMAKE_MATCH_2}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${CMAKE_MATCH_1})
  install(FILES ${packaging}/debian/copyright
                ${CMAKE_BINARY_DIR}/changelog.gz ${CMAKE_BINARY_DIR}/changelog.Debian.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CMAKE_MATCH_2} COMPONENT ${CMAKE_MATCH_1})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME keypool)
set(CPACK_PACKAGE_CONTACT "keypool maintainers <maintainers@keypool.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "one endpoint, many API keys")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL gateway library dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(CPACK_DEBIAN_GATEWAY_PACKAGE_NAME keypool)
set(CPACK_DEBIAN_GATEWAY_PACKAGE_SECTION net)
set(CPACK_DEBIAN_GATEWAY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_GATEWAY_PACKAGE_DEPENDS "ca-certificates")
set(CPACK_DEBIAN_GATEWAY_PACKAGE_RECOMMENDS "libsecret-1-0")
set(CPACK_DEBIAN_GATEWAY_DESCRIPTION
"This is the gateway. It stands between programs and the APIs of OpenAI,
Anthropic, Gemini and those that speak like them, picks the key with the most
room, steps around rate-limited and dead keys, counts the tokens, and never
shows a secret.")
set(CPACK_DEBIAN_GATEWAY_PACKAGE_CONTROL_EXTRA
    "${packaging}/debian/conffiles;${packaging}/debian/postinst;${packaging}/debian/prerm;${packaging}/debian/postrm")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libkeypool-c0)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS "libsecret-1-0")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
"This is the shared library with the stable C interface, for programs in any
language: they ask it for a key before each call to a model API, and tell it
afterwards how the call went.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
    "${packaging}/debian/triggers;${packaging}/debian/shlibs")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libkeypool-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "libkeypool-c0 (= ${PROJECT_VERSION}-1), libfmt-dev, libssl-dev, libsqlite3-dev, libsimdjson-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"These are the headers, the C++ library as an archive, and what CMake and
pkg-config need to find keypool.")
include(CPack)
