//===- Tables.cpp - Addresses in tables, and slots that are called --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `static PyTypeObject *types[] = {&A_Type, &B_Type, NULL};` that one function
// reads becomes a table of that function, made from the state. And
// `Base_Type.tp_dealloc(self)` is a call of the function that is known to be
// there, which needs no state.
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace pyext::migrate {

/// The function that alone reads the table; null when it is none that can be
/// a local one.
const Function *Rewriter::readerOf(const Variable &Table) const {
  if (!Table.Aggregate || Table.Initialiser.empty() || Table.Changes ||
      Table.ThreadLocal || Table.MacroMade || !Table.Static ||
      !Table.KeptAs.empty() || isTable(Table) || I.Types.count(Table.Key) ||
      Table.Declarations.size() != 1 || Table.Declarators[0] != 1 ||
      Table.TypeName == "PyModuleDef" || Table.TypeName == "PyTypeObject" ||
      Table.Instance || Table.References.empty())
    return nullptr;
  const Place D = Table.Declarations[0];
  if (!I.text(D).starts_with("static") || I.text(D).contains("\n#"))
    return nullptr;
  const Function *Reader = nullptr;
  for (const Reference &Ref : Table.References) {
    const Function *F = function(Ref.Function);
    if (!F || !Ref.Table.empty() || !Ref.Token.valid() || F->MacroMade ||
        !contains(F->Body, Ref.Token) || (Reader && F != Reader))
      return nullptr;
    Reader = F;
    // Not given back, nor kept.
    StringRef Before = StringRef(I.Files[D.File].Text);
    if (Ref.Token.File == D.File) {
      Before = Before.take_front(Ref.Token.Begin).rtrim(" \t(");
      if (Before.ends_with("return"))
        return nullptr;
    }
  }
  if (Reader && !Table.Local && Reader->Body.File != D.File)
    return nullptr;
  return Reader;
}

void Rewriter::prepareTables() {
  for (auto &[Key, V] : I.Variables) {
    if (V.TypeName == "PyTypeObject" && V.Aggregate && V.Array) {
      // An array of pointers is no array of types.
    } else if (V.TypeName == "PyTypeObject" || V.TypeName == "_typeobject") {
      continue;
    }
    Variable Copy = V;
    if (V.Array && V.TypeName == "PyTypeObject")
      Copy.TypeName.clear();
    const Function *Reader = readerOf(Copy);
    if (!Reader)
      continue;
    const bool NamesTypes =
        StringRef(I.text(Reader->Body)).contains("tp_name");
    bool Holds = false, Fits = true;
    for (auto &[Other, Held] : I.Variables)
      for (const Reference &Ref : Held.References)
        if (Ref.Table == Key && Held.Key != Key) {
          Holds |= Held.Object || I.Types.count(Other) || Held.ObjectBlock;
          Fits &= Ref.Token.valid() && contains(V.Declarations[0], Ref.Token);
          if (auto T = I.Types.find(Other); T != I.Types.end() && NamesTypes)
            Fits &= StringRef(T->second.TpName).contains('.');
        }
    if (!Holds || !Fits)
      continue;
    for (auto &[Other, Held] : I.Variables)
      for (Reference &Ref : Held.References)
        if (Ref.Table == Key && Held.Key != Key) {
          Ref.Table.clear();
          Ref.Function = Reader->Key;
          if (!I.Types.count(Other) && Ref.AddressOf.valid()) {
            Ref.Writes = true;
            Held.Changes = true;
          }
        }
    LocalTables[Key] = Reader->Key;
  }
}

/// The statement at the top level of \p F that holds \p At.
unsigned Rewriter::statementAround(const Function &F, unsigned At) const {
  StringRef T = I.Files[F.Body.File].Text;
  int Braces = 0, Parens = 0;
  unsigned Last = F.Body.Begin + 1;
  for (unsigned N = F.Body.Begin; N < At; ++N) {
    if (inComment(T, N))
      continue;
    const char C = T[N];
    Parens += C == '(' ? 1 : C == ')' ? -1 : 0;
    Braces += C == '{' ? 1 : C == '}' ? -1 : 0;
    if (Parens == 0 && Braces == 1 && (C == ';' || C == '}' || C == '{'))
      Last = N + 1;
  }
  return firstWordFrom(T, Last);
}

/// Behind white space, comments and, unless they are wanted, directives.
unsigned Rewriter::firstWordFrom(StringRef T, unsigned At,
                                 bool Directives) const {
  for (;;) {
    const size_t Next = T.find_first_not_of(" \t\r\n", At);
    if (Next == StringRef::npos)
      return At;
    At = Next;
    if (T.substr(At).starts_with("/*"))
      At = T.find("*/", At) + 2;
    else if (T.substr(At).starts_with("//"))
      At = T.find('\n', At);
    else if (T[At] == '#' && !Directives)
      do
        At = std::min(T.find('\n', At + 1), T.size()); // Of a macro, the last.
      while (At < T.size() && T[At - 1] == '\\');
    else
      return At;
  }
}

/// The table is a variable of the function from now on.
void Rewriter::emitTables() {
  for (const auto &[Key, Reader] : LocalTables) {
    const Variable &V = I.Variables.at(Key);
    const Place D = V.Declarations[0];
    // What moves of what it holds, by place.
    std::map<Place, std::string> New;
    for (const auto &[Other, E] : Entities)
      if (E.Drop.empty())
        for (const Reference &Ref : E.V->References)
          if (Ref.Token.valid() && contains(D, Ref.Token)) {
            if (E.isType() && Ref.AddressOf.valid())
              New[{D.File, Ref.AddressOf.Begin, Ref.Token.End}] = access(E);
            else
              New[Ref.Token] = access(E);
          }
    if (New.empty())
      continue;
    std::string Text;
    unsigned At = D.Begin;
    for (const auto &[P, Access] : New) {
      Text += I.text({D.File, At, P.Begin});
      Text += Access;
      At = P.End;
    }
    Text += I.text({D.File, At, D.End});
    Text = StringRef(Text).drop_front(strlen("static")).ltrim().str();
    replaceAll(D);
    if (V.Local && Reader != BodyKey) {
      edit(D, Text);
      continue;
    }
    removeDeclarationBlock(D);
    // One level deeper.
    std::string Deeper;
    for (char C : Text) {
      Deeper += C;
      if (C == '\n')
        Deeper += In;
    }
    // Before the statement that reads it first: by then there are the types.
    const Function &F = *function(Reader);
    unsigned First = ~0u;
    for (const Reference &Ref : V.References)
      First = std::min(First, Ref.Token.Begin);
    const unsigned Before = statementAround(F, First);
    if (Reader == BodyKey)
      ExecTables.push_back({Before, (V.Local ? Text : Deeper)});
    else
      insert(F.Body.File, Before,
             (V.Local ? Text : Deeper) + "\n" +
                 indentAt({F.Body.File, Before, Before}));
  }
}

/// `Base_Type.tp_dealloc(self)` by the function that it is.
void Rewriter::prepareDirectCalls() {
  for (auto &[Key, E] : Entities) {
    if (!E.T)
      continue;
    Variable &V = I.Variables.at(Key);
    erase_if(V.References, [&, &Key = Key, &E = E](const Reference &Ref) {
      const Function *Caller = function(Ref.Function);
      if (!Ref.Member.valid() || !Ref.Token.valid() || !Caller ||
          !contains(Caller->Body, Ref.Token))
        return false;
      StringRef T = I.Files[Ref.Token.File].Text;
      StringRef Field = T.substr(Ref.Member.End).ltrim();
      Field = Field.take_while(isWord);
      const size_t End = Field.data() + Field.size() - T.data();
      const size_t Open = T.find_first_not_of(" \t", End);
      if (!Field.starts_with("tp_") || Open == StringRef::npos ||
          T[Open] != '(')
        return false;
      const Function *F = function(slotFunction(E, ("Py_" + Field).str()));
      if (!F || F->Parameters.empty() || F->MacroMade || F == Caller)
        return false;
      // Declared before.
      if (none_of(F->Lists, [&](const Function::ParameterList &L) {
            return L.Open.File == Ref.Token.File &&
                   L.Open.Begin < Ref.Token.Begin;
          }))
        return false;
      DirectCall C;
      C.Type = Key;
      C.Function = F->Key;
      C.Slot = ("Py_" + Field).str();
      C.Caller = Caller->Key;
      C.Name = {Ref.Token.File, Ref.Token.Begin, unsigned(End)};
      C.Open = {Ref.Token.File, unsigned(Open + 1), unsigned(Open + 1)};
      if (T.substr(Open + 1).starts_with("(PyObject *)"))
        C.Open.End += strlen("(PyObject *)");
      else if (T.substr(Open + 1).starts_with("(PyObject*)"))
        C.Open.End += strlen("(PyObject*)");
      DirectCalls.push_back(C);
      I.OtherNames[Ref.Token.File].insert(Ref.Token.Begin);
      return true;
    });
  }
}

void Rewriter::emitDirectCalls() {
  for (const DirectCall &C : DirectCalls) {
    if (!moves(C.Type) || skipped(C.Name))
      continue;
    const Function &F = *function(C.Function);
    StringRef Type = F.Parameters[0].Type;
    edit(C.Name, F.Name);
    if (Type != "PyObject *" && Type != "PyTypeObject *")
      edit(C.Open, "(" + Type.str() + ")");
  }
}

} // namespace pyext::migrate
