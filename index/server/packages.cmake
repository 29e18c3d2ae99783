# Debian packages by CPack, one for each component that is installed: `./dev package`.
#
#   libbarker1      the plugin. The 1 is the major version of the ABI in barker.h. The file has no
#                   version in its name: hosts load it by its path and ask it for its ABI.
#   libbarker-dev   barker.h, the host library and its headers, the CMake package
#   barker          the command, its service, dashboard and alert rules, the demo's weights
#
# barker-train is in none of them: it needs libtorch, and no machine that serves does.

# The service belongs to the system, so that it is installed only below /usr. Its configuration then
# goes to /etc and not to /usr/etc.
install(CODE "
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    file(INSTALL DESTINATION /usr/lib/systemd/system TYPE FILE
         FILES \"${CMAKE_CURRENT_LIST_DIR}/barker.service\")
    file(INSTALL DESTINATION /etc/barker TYPE FILE FILES \"${CMAKE_CURRENT_LIST_DIR}/barker.toml\")
  endif()" COMPONENT barker)
install(FILES ${CMAKE_SOURCE_DIR}/index/metrics/dashboard.json
              ${CMAKE_SOURCE_DIR}/index/metrics/alerts.yaml
              ${CMAKE_SOURCE_DIR}/models/simulate/demo.barker
        DESTINATION ${CMAKE_INSTALL_DATADIR}/barker COMPONENT barker)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/OPERATING.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/barker RENAME README.md COMPONENT barker)

set(CPACK_COMPONENTS_ALL libbarker1 libbarker-dev barker)
foreach(package ${CPACK_COMPONENTS_ALL})
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
          RENAME copyright COMPONENT ${package})
  string(TOUPPER ${package} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_FILE_NAME DEB-DEFAULT)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
# Installs with DESTDIR, so that files outside the prefix get into a package and not into this
# machine.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_NAME barker)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "The barker authors")
set(CPACK_PACKAGE_CONTACT "barker maintainers <barker@localhost>"
    CACHE STRING "Who maintains the Debian packages of this build")
# Each package has a description of its own, which this would be put before.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(this_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
set(CPACK_DEBIAN_LIBBARKER1_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBBARKER1_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_LIBBARKER1_DESCRIPTION "rescoring plugin for sponsored search
A search engine loads this library into its query path. It orders sponsored
results by the selling points that attract a user, and puts the best of them
before the titles.")
set(CPACK_DEBIAN_LIBBARKER-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBBARKER-DEV_PACKAGE_DEPENDS "libbarker1 (= ${this_version})")
set(CPACK_COMPONENT_LIBBARKER-DEV_DESCRIPTION "rescoring plugin for sponsored search, headers
The C header of the plugin, the host library for engines in C++, and the CMake
package that finds both.")
set(CPACK_DEBIAN_BARKER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_BARKER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_BARKER_PACKAGE_DEPENDS "libbarker1 (= ${this_version})")
set(CPACK_DEBIAN_BARKER_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/conffiles)
set(CPACK_COMPONENT_BARKER_DESCRIPTION "ad search engine with personalised selling points
The barker command indexes catalogues, searches them with the plugin, publishes
weights, and serves searches over HTTP as a service of the system.")
include(CPack)
