# Installs the build, then lets a stranger's project find, build against and run it.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/build -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/consumer ${WEIGHTS})
run(${WORK_DIR}/prefix/bin/barker --version)
run(${WORK_DIR}/prefix/bin/barker verify ${WEIGHTS})
run(${WORK_DIR}/prefix/bin/barker-train --version)
