# Installs the build, then configures, builds and runs projects against it that know nothing of this
# tree: a host in C, and one in C++ that links the host library.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${WORK_DIR}/prefix)
foreach(consumer consumer host_consumer)
  run(${CMAKE_COMMAND} -S ${SOURCE_DIR}/${consumer} -B ${WORK_DIR}/${consumer}
      -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
  run(${CMAKE_COMMAND} --build ${WORK_DIR}/${consumer})
endforeach()
run(${WORK_DIR}/consumer/consumer ${WEIGHTS})
run(${WORK_DIR}/host_consumer/consumer ${WEIGHTS} ${WORK_DIR}/admin)
# The module of Python finds the library that was installed with it.
if(EXISTS /usr/bin/python3)
  run(${CMAKE_COMMAND} -E env PYTHONPATH=${WORK_DIR}/prefix/lib/python3/dist-packages /usr/bin/python3
      -c "import barker; print(barker.Plugin(weights='${WEIGHTS}').stats()['generation'])")
endif()
run(${WORK_DIR}/prefix/bin/barker --version)
run(${WORK_DIR}/prefix/bin/barker verify ${WEIGHTS})
run(${WORK_DIR}/prefix/bin/barker-train --version)
