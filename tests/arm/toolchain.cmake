# Builds for AArch64 with Debian's cross compiler, against the files that sysroot.sh unpacked.
# BARKER_ARM64_ROOT in the environment names their directory, for CMake reads this file several times
# and knows no variables of the command line in all of them.
if(NOT DEFINED ENV{BARKER_ARM64_ROOT})
  message(FATAL_ERROR "BARKER_ARM64_ROOT is not set: ./dev arm sets it")
endif()
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_SYSROOT $ENV{BARKER_ARM64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;$ENV{BARKER_ARM64_ROOT})
