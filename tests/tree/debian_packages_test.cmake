# Makes the Debian packages of the build, installs them into a throw-away root, runs what is there,
# then removes and purges them. The machine's own packages are neither read nor changed, so that the
# libraries that ours depend on count as present (--force-depends).
cmake_minimum_required(VERSION 3.25)

foreach(tool dpkg dpkg-deb dpkg-shlibdeps file)
  find_program(${tool}_path ${tool})
  if(NOT ${tool}_path)
    message(NOTICE "skipped: no ${tool} here")
    return()
  endif()
endforeach()

# output_of(VARIABLE COMMAND...): what a command prints. A failed command fails the test.
function(output_of variable)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE printed OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "${printed}" PARENT_SCOPE)
endfunction()

function(expect_equal found expected what)
  if(NOT found STREQUAL expected)
    message(SEND_ERROR "${what}:\nexpected: ${expected}\nfound:    ${found}")
  endif()
endfunction()

# All files below a directory, without those of dpkg itself.
function(files_below directory variable)
  file(GLOB_RECURSE found LIST_DIRECTORIES false RELATIVE ${directory} ${directory}/*)
  list(FILTER found EXCLUDE REGEX "^var/(lib/dpkg|log)/")
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(root ${WORK_DIR}/root)
set(admin ${root}/var/lib/dpkg)
file(MAKE_DIRECTORY ${admin}/updates ${admin}/info ${root}/var/log ${WORK_DIR}/tools)
file(TOUCH ${admin}/status ${admin}/available)

# libbarker1 runs ldconfig when it is installed. There is no shell in the root to run it with, so
# scripts run outside (--force-script-chrootless), where this stand-in keeps ldconfig from the
# machine.
file(WRITE ${WORK_DIR}/tools/ldconfig "#!/bin/sh\necho called >> ${WORK_DIR}/ldconfig.log\n")
file(CHMOD ${WORK_DIR}/tools/ldconfig PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(ENV{PATH} "${WORK_DIR}/tools:$ENV{PATH}:/usr/sbin:/sbin")
function(dpkg_in_root)
  output_of(ignored dpkg --root=${root} --log=${root}/var/log/dpkg.log --force-depends
            --force-not-root --force-script-chrootless ${ARGV})
endfunction()

# The compression of the packages that are shipped takes several times as long.
output_of(ignored ${CMAKE_CPACK_COMMAND} --config ${BINARY_DIR}/CPackConfig.cmake
          -B ${WORK_DIR}/packages -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip)
output_of(architecture dpkg --print-architecture)
set(packages libbarker1 libbarker-dev barker)
set(debs "")
foreach(package ${packages})
  list(APPEND debs ${WORK_DIR}/packages/${package}_${VERSION}-1_${architecture}.deb)
endforeach()

# Every file is in one package, and belongs to root.
set(listed "")
foreach(package deb IN ZIP_LISTS packages debs)
  output_of(lines dpkg-deb --contents ${deb})
  string(REPLACE "\n" ";" lines "${lines}")
  foreach(line ${lines})
    if(line MATCHES "^-[rwx-]+ root/root +[0-9]+ [-0-9]+ [0-9:]+ \\./(.+)$")
      list(APPEND ${package}_files ${CMAKE_MATCH_1})
    elseif(NOT line MATCHES "^drwxr-xr-x root/root .*/$")
      message(SEND_ERROR "${package} has what is neither a file nor a directory of root's: ${line}")
    endif()
  endforeach()
  list(APPEND listed ${${package}_files})
endforeach()
list(SORT listed)
set(distinct ${listed})
list(REMOVE_DUPLICATES distinct)
expect_equal("${listed}" "${distinct}" "files that are in more than one package")
expect_equal("${libbarker1_files}"
  "usr/${LIBDIR}/libbarker.so;usr/share/doc/libbarker1/copyright" "files of libbarker1")
set(expected
  etc/barker/barker.toml
  usr/bin/barker
  usr/lib/systemd/system/barker.service
  usr/share/barker/alerts.yaml
  usr/share/barker/dashboard.json
  usr/share/barker/demo.barker
  usr/share/doc/barker/README.md
  usr/share/doc/barker/copyright)
expect_equal("${barker_files}" "${expected}" "files of barker")
foreach(file include/barker.h include/barker/plugin/host/session.h ${LIBDIR}/libbarker_host.a
             ${LIBDIR}/cmake/barker/barkerConfig.cmake)
  if(NOT "usr/${file}" IN_LIST libbarker-dev_files)
    message(SEND_ERROR "libbarker-dev has no usr/${file}")
  endif()
endforeach()

# Dependencies: of each other in the same version, and of libraries as dpkg-shlibdeps found them.
foreach(deb IN LISTS debs)
  output_of(depends dpkg-deb --field ${deb} Depends)
  if(deb MATCHES "/libbarker1_")
    set(needed "libc6 \\(>=")
  elseif(deb MATCHES "/libbarker-dev_")
    set(needed "libbarker1 \\(= ${VERSION}-1\\)")
  else()
    set(needed "libbarker1 \\(= ${VERSION}-1\\).*liblucene\\+\\+")
  endif()
  if(NOT depends MATCHES "${needed}")
    message(SEND_ERROR "${deb} depends on: ${depends}")
  endif()
endforeach()

# Installed. Directories that documentation is left out of (path-exclude) do not count here.
dpkg_in_root(--install ${debs})
if(NOT EXISTS ${WORK_DIR}/ldconfig.log)
  message(SEND_ERROR "libbarker1 did not run ldconfig when it was installed")
endif()
files_below(${root} installed)
set(expected ${listed})
list(FILTER expected EXCLUDE REGEX "^usr/share/doc/")
set(found ${installed})
list(FILTER found EXCLUDE REGEX "^usr/share/doc/")
list(SORT found)
expect_equal("${found}" "${expected}" "files after the installation")

# No file knows where it was built. Debug information does, so that binaries count only without it.
foreach(file ${installed})
  if(NOT file MATCHES "\\.a$")
    foreach(directory ${SOURCE_DIR} ${BINARY_DIR})
      execute_process(COMMAND grep -qF -- ${directory} ${root}/${file} RESULT_VARIABLE status)
      expect_equal("${status}" 1 "whether ${file} is free of ${directory} (1: it is)")
    endforeach()
  endif()
endforeach()

# The command runs with the plugin of its own root, and without that plugin not at all.
set(barker ${root}/usr/bin/barker)
set(plugin ${root}/usr/${LIBDIR}/libbarker.so)
set(weights ${root}/usr/share/barker/demo.barker)
output_of(version ${barker} --version)
if(NOT version MATCHES "${VERSION}")
  message(SEND_ERROR "barker --version prints: ${version}")
endif()
output_of(ignored ${barker} verify ${weights})
output_of(ignored ${barker} config check ${root}/etc/barker/barker.toml)
file(RENAME ${plugin} ${plugin}.away)
execute_process(COMMAND ${barker} verify ${weights} RESULT_VARIABLE status OUTPUT_QUIET
                ERROR_VARIABLE message)
file(RENAME ${plugin}.away ${plugin})
if(status EQUAL 0 OR NOT message MATCHES "libbarker\\.so")
  message(SEND_ERROR "barker verify without its plugin: ${status} ${message}")
endif()

# The unit names only files that are installed, and the state directory that the configuration
# names.
file(STRINGS ${root}/usr/lib/systemd/system/barker.service unit REGEX "^(ExecStart|StateDirectory)=")
expect_equal("${unit}"
  "ExecStart=/usr/bin/barker serve --config /etc/barker/barker.toml;StateDirectory=barker"
  "what the unit starts")
find_program(analyze systemd-analyze)
if(analyze)
  # With --root, commands and units are looked for in that root only: kill needs a stand-in, and the
  # targets that the unit names are not there.
  file(MAKE_DIRECTORY ${root}/bin)
  file(COPY_FILE ${WORK_DIR}/tools/ldconfig ${root}/bin/kill)
  execute_process(COMMAND ${analyze} verify --man=no --recursive-errors=no --root=${root}
                          barker.service
                  RESULT_VARIABLE status OUTPUT_VARIABLE complaints ERROR_VARIABLE complaints)
  if(NOT status EQUAL 0 OR complaints MATCHES "barker\\.service:[0-9]+:")
    message(SEND_ERROR "systemd-analyze verify: ${status} ${complaints}")
  endif()
  file(REMOVE_RECURSE ${root}/bin)
endif()

# An edited configuration outlives a removal and a new installation, and nothing outlives a purge.
file(APPEND ${root}/etc/barker/barker.toml "# edited\n")
dpkg_in_root(--remove ${packages})
files_below(${root} left)
expect_equal("${left}" "etc/barker/barker.toml" "files after the removal")
dpkg_in_root(--install ${debs})
file(STRINGS ${root}/etc/barker/barker.toml edited REGEX "^# edited$")
expect_equal("${edited}" "# edited" "the edited line after a new installation")
dpkg_in_root(--purge ${packages})
files_below(${root} left)
expect_equal("${left}" "" "files after the purge")
file(GLOB directories ${root}/usr ${root}/etc/barker)
expect_equal("${directories}" "" "directories after the purge")
file(REMOVE_RECURSE ${WORK_DIR})
