# Builds that look for our own mistakes. LLVM itself is not instrumented, but
# what its headers define in line is, with the assertions there.
add_compile_options(-UNDEBUG -O1 -g1 -fno-omit-frame-pointer)
if(PYEXT_SANITIZE)
  add_compile_options(-fsanitize=${PYEXT_SANITIZE}
                      -fno-sanitize-recover=undefined)
  # Of classes of LLVM there are no type descriptors.
  add_compile_options(-fno-sanitize=vptr,function)
  add_link_options(-fsanitize=${PYEXT_SANITIZE})
endif()
if(PYEXT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "PYEXT_FUZZ needs clang, not ${CMAKE_CXX_COMPILER_ID}.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
