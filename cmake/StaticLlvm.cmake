# PYEXT_STATIC: tools that need no LLVM where they run, for the wheel.
#
# The imported targets of a distribution's LLVM lead to libLLVM.so and
# libclang-cpp.so, so the archives are named here instead. Every archive is
# given: the linker takes what it needs, and the order does not matter to lld.

if(NOT PYEXT_HAVE_LLD)
  message(FATAL_ERROR "PYEXT_STATIC needs lld: the archives refer to each other")
endif()

file(GLOB ClangArchives ${LLVM_LIBRARY_DIRS}/libclang*.a)
# Remote index (gRPC), plugins and tools of their own.
list(FILTER ClangArchives EXCLUDE REGEX
     "libclang(dRemote|dMonitoring|IncludeFixerPlugin|Doc|Handler|_rt)")
execute_process(
  COMMAND ${LLVM_TOOLS_BINARY_DIR}/llvm-config --link-static --libfiles
  OUTPUT_VARIABLE LlvmArchives OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(LlvmArchives UNIX_COMMAND "${LlvmArchives}")
# Named by llvm-config and not always there; not used by these tools.
list(FILTER LlvmArchives EXCLUDE REGEX "Polly")

# Archives of system libraries, where the shared ones would have to be on the
# machine of the user. libxml2 and libffi are not needed by what is linked.
find_library(PYEXT_ZSTD NAMES libzstd.a REQUIRED)
find_library(PYEXT_ZLIB NAMES libz.a REQUIRED)

# Assemblers of processors for which nobody compiles extensions of Python: a
# fifth of each tool. Code for one of them is still parsed; only assembly in it
# is not.
set(Kept X86 AArch64 ARM PowerPC SystemZ RISCV LoongArch Mips Sparc WebAssembly)
set(Text "// Written by CMake: see cmake/StaticLlvm.cmake.\n")
foreach(Target ${LLVM_TARGETS_TO_BUILD})
  if(NOT Target IN_LIST Kept)
    foreach(Part TargetMC AsmParser)
      string(APPEND Text "extern \"C\" void LLVMInitialize${Target}${Part}() {}\n")
    endforeach()
  endif()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/NoTargets.cpp CONTENT "${Text}" @ONLY)

# pyext_link_static(TARGET): instead of clangTidyMain or clangdMain.
function(pyext_link_static Target)
  target_sources(${Target} PRIVATE ${PROJECT_SOURCE_DIR}/tools/common/NoZ3.cpp
                 ${CMAKE_BINARY_DIR}/NoTargets.cpp)
  target_include_directories(${Target} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
  target_link_libraries(${Target} PRIVATE ${ClangArchives} ${LlvmArchives}
    ${PYEXT_ZSTD} ${PYEXT_ZLIB} pthread dl m)
  target_link_options(${Target} PRIVATE -static-libstdc++ -static-libgcc
    LINKER:--gc-sections)
  # Where a library does not have to be.
  set_target_properties(${Target} PROPERTIES SKIP_BUILD_RPATH ON
    INSTALL_RPATH "" INSTALL_RPATH_USE_LINK_PATH OFF)
endfunction()
