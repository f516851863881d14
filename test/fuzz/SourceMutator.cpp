//===- SourceMutator.cpp - Changes that mostly still compile --------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Flipped bytes end in the parser. These mutations move statements and tokens,
// so that a good part of what comes out reaches the checks.
//
//===----------------------------------------------------------------------===//

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cstring>
#include <random>
#include <string>
#include <vector>

using llvm::StringRef;

extern "C" size_t LLVMFuzzerMutate(uint8_t *Data, size_t Size, size_t MaxSize);

// Half-built statements, on purpose in every combination of open and closed.
static const char *const Snippets[] = {
    "Py_BEGIN_ALLOW_THREADS\n", "Py_END_ALLOW_THREADS\n",
    "Py_BEGIN_CRITICAL_SECTION(self);\n", "Py_END_CRITICAL_SECTION();\n",
    "Py_BEGIN_CRITICAL_SECTION2(self, self);\n", "Py_END_CRITICAL_SECTION2();\n",
    "return NULL;\n", "goto done;\n", "done:;\n", "break;\n", "continue;\n",
    "for (;;) {\n", "while (1) {\n", "do {\n", "} while (0);\n", "{\n", "}\n",
    "if (self) {\n", "} else {\n", "switch (1) { case 0:\n", "default:\n",
    "Py_DECREF(self);\n", "Py_INCREF(self);\n", "Py_CLEAR(self);\n",
    "static PyObject *cache;\n", "static int once = 0;\n",
    "static PyMutex mutex;\n", "PyMutex_Lock(&mutex);\n",
    "PyMutex_Unlock(&mutex);\n", "PyGILState_STATE g = PyGILState_Ensure();\n",
    "PyGILState_Release(g);\n", "PyThreadState *ts = PyEval_SaveThread();\n",
    "PyEval_RestoreThread(ts);\n",
    "PyObject *item = PyList_GetItem(self, 0);\n",
    "PyObject *item = PyDict_GetItem(self, self);\n",
    "PyObject *k, *v; Py_ssize_t pos = 0;\n",
    "while (PyDict_Next(self, &pos, &k, &v)) {\n",
    "PyObject_CallNoArgs(self);\n",
    "PySequence_Fast_GET_ITEM(self, 0);\n", "#if 0\n", "#else\n", "#endif\n",
    "#ifdef Py_GIL_DISABLED\n", "#define self other\n", "#undef self\n",
    "__builtin_unreachable();\n", "int a[0];\n", "struct S { int x; } s;\n",
    "union { PyObject *o; long l; } u;\n", "(void)sizeof(self);\n",
    "({ self; });\n", "__typeof__(self) t = self;\n",
    "_Generic(self, PyObject *: 1, default: 2);\n", "asm(\"\");\n",
};

static const char *const Words[] = {
    "PyList_GetItem", "PyList_GET_ITEM", "PyDict_GetItemString",
    "PyDict_SetItem", "PyTuple_GetItem", "PyObject_GetAttrString",
    "PyObject_SetAttr", "PyErr_Occurred", "PySequence_Fast",
    "PyWeakref_GetObject", "PyModule_GetState", "PyType_GetModuleState",
    "PyModule_Create", "PyModuleDef_Init", "PyType_FromModuleAndSpec",
    "PyType_Ready", "PyArg_ParseTuple", "PyThreadState_Get", "PyObject_New",
    "PyObject_GC_New", "PyObject_GC_Del", "PyMem_Malloc", "PyMem_Free",
    "PyObject_Free", "malloc", "free", "Py_NewRef", "Py_XDECREF", "Py_SETREF",
    "Py_RETURN_NONE", "PyCapsule_GetPointer", "Py_NewInterpreter", "Py_REFCNT",
    "PyByteArray_AS_STRING", "PyUnicode_AsUTF8", "PyObject", "PyTypeObject",
    "PyModuleDef", "PyMethodDef", "PyGetSetDef", "PyMemberDef", "void", "int",
    "char", "static", "const", "inline", "extern", "volatile", "NULL", "0", "1",
    "-1", "self", "args", "module", "return", "sizeof", "__func__", "this",
    "auto", "template <class T>", "typename", "[&]", "noexcept", "constexpr",
    "std::mutex", "thread_local", "_Atomic", "...", "##", "__VA_ARGS__",
};

namespace {

struct Token {
  size_t Begin, End;
  bool Identifier;
};

class Source {
public:
  Source(StringRef Text, uint32_t Seed) : Text(Text.str()), Random(Seed) {}

  std::string Text;

  size_t below(size_t N) { return N ? Random() % N : 0; }

  void mutate() {
    split();
    if (Tokens.empty()) {
      insertSnippet();
      return;
    }
    switch (below(12)) {
    case 0:
      return erase(statement());
    case 1:
    case 2:
      return insert(boundary(), text(statement()));
    case 3:
      return insertSnippet();
    case 4:
    case 5:
      return replace(token(true), otherIdentifier());
    case 6:
      return replace(token(true), Words[below(std::size(Words))]);
    case 7:
      return replace(token(false), tokenText(token(false)));
    case 8:
      return erase(range(token(false)));
    case 9:
      return insert(tokenBegin(), " " + tokenText(token(false)) + " ");
    case 10:
      return nest();
    default:
      return insert(tokenBegin(),
                    std::string(" ") + Words[below(std::size(Words))] + " ");
    }
  }

  /// Puts a statement of \p Other somewhere.
  void cross(Source &Other) {
    split();
    Other.split();
    if (!Other.Tokens.empty())
      insert(boundary(), Other.text(Other.statement()));
  }

private:
  struct Range {
    size_t Begin, End;
  };
  void split() {
    Tokens.clear();
    Boundaries = {0};
    for (size_t I = 0; I < Text.size();) {
      size_t Begin = I;
      char C = Text[I];
      if (isspace(static_cast<unsigned char>(C))) {
        ++I;
        continue;
      }
      if (Text.compare(I, 2, "//") == 0) {
        I = std::min(Text.find('\n', I), Text.size());
        continue;
      }
      bool Identifier = llvm::isAlpha(C) || C == '_';
      if (Identifier || llvm::isDigit(C)) {
        while (I < Text.size() && (llvm::isAlnum(Text[I]) || Text[I] == '_'))
          ++I;
      } else if (C == '"' || C == '\'') {
        for (++I; I < Text.size() && Text[I] != C && Text[I] != '\n'; ++I)
          if (Text[I] == '\\')
            ++I;
        I = std::min(I + 1, Text.size());
      } else {
        ++I;
        if (C == ';' || C == '{' || C == '}')
          Boundaries.push_back(I);
      }
      Tokens.push_back({Begin, I, Identifier});
    }
  }

  size_t boundary() { return Boundaries[below(Boundaries.size())]; }

  /// One statement, or a block with what is before it.
  Range statement() {
    size_t Index = below(Boundaries.size());
    size_t Begin = Boundaries[Index], Depth = 0;
    for (size_t I = Index + 1; I < Boundaries.size(); ++I) {
      char C = Text[Boundaries[I] - 1];
      if (C == '{')
        ++Depth;
      else if (C == '}' && Depth == 0)
        return {Begin, Boundaries[I] - 1};
      else if (C == '}')
        --Depth;
      if (Depth == 0)
        return {Begin, Boundaries[I]};
    }
    return {Begin, Text.size()};
  }

  size_t token(bool Identifier) {
    size_t Start = below(Tokens.size());
    for (size_t I = 0; I < Tokens.size(); ++I) {
      size_t Index = (Start + I) % Tokens.size();
      if (!Identifier || Tokens[Index].Identifier)
        return Index;
    }
    return Start;
  }
  Range range(size_t Index) { return {Tokens[Index].Begin, Tokens[Index].End}; }
  std::string tokenText(size_t Index) {
    return Text.substr(Tokens[Index].Begin,
                       Tokens[Index].End - Tokens[Index].Begin);
  }
  std::string otherIdentifier() { return tokenText(token(true)); }
  size_t tokenBegin() { return Tokens[below(Tokens.size())].Begin; }

  std::string text(Range R) { return Text.substr(R.Begin, R.End - R.Begin); }
  void erase(Range R) { Text.erase(R.Begin, R.End - R.Begin); }
  void insert(size_t At, const std::string &New) { Text.insert(At, New); }
  void replace(size_t Index, const std::string &New) {
    Range R = range(Index);
    Text.replace(R.Begin, R.End - R.Begin, New);
  }
  void insertSnippet() {
    insert(boundary(), std::string("\n") + Snippets[below(std::size(Snippets))]);
  }

  /// Puts a statement into a block of some kind.
  void nest() {
    static const char *const Before[] = {"if (1) {",      "while (1) {",
                                         "do {",          "for (;;) {",
                                         "switch (0) {",  "{",
                                         "({",            "else {",
                                         "#if 1\n",       "static void f(void) {"};
    static const char *const After[] = {"}", "}",  "} while (0);", "}",        "}",
                                        "}", "});", "}",           "\n#endif\n", "}"};
    Range R = statement();
    size_t Kind = below(std::size(Before));
    Text.insert(R.End, After[Kind]);
    Text.insert(R.Begin, std::string("\n") + Before[Kind] + " ");
  }

  std::vector<Token> Tokens;
  std::vector<size_t> Boundaries;
  std::minstd_rand Random;
};

} // namespace

static size_t give(const std::string &Text, uint8_t *Data, size_t MaxSize) {
  size_t Size = std::min(Text.size(), MaxSize);
  memcpy(Data, Text.data(), Size);
  return Size;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *Data, size_t Size,
                                          size_t MaxSize, unsigned Seed) {
  Source S(StringRef(reinterpret_cast<char *>(Data), Size), Seed);
  if (S.below(20) == 0)
    return LLVMFuzzerMutate(Data, Size, MaxSize);
  for (size_t Times = 1 + S.below(4); Times != 0; --Times)
    S.mutate();
  return give(S.Text, Data, MaxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *A, size_t SizeA,
                                            const uint8_t *B, size_t SizeB,
                                            uint8_t *Out, size_t MaxSize,
                                            unsigned Seed) {
  Source First(StringRef(reinterpret_cast<const char *>(A), SizeA), Seed);
  Source Second(StringRef(reinterpret_cast<const char *>(B), SizeB), Seed + 1);
  for (size_t Times = 1 + First.below(3); Times != 0; --Times)
    First.cross(Second);
  return give(First.Text, Out, MaxSize);
}
