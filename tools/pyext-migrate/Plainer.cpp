//===- Plainer.cpp - The same in other words ------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Deallocators that name their own type say the same of their object, lists of
// declarations and of assignments become one for each.
//
//===----------------------------------------------------------------------===//

#include "Prepare.h"
#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Regex.h"

using namespace llvm;

namespace pyext::migrate {

namespace {

class Plainer {
public:
  Plainer(const Index &I, Level Upto, const std::set<std::string> &Never,
          std::set<std::string> &For)
      : I(I), Upto(Upto), Never(Never), For(For) {}
  std::vector<Edit> run();

private:
  void plainDying(const Function &F);
  void plainExact(const Function &F, const Index::MacroUse &U);
  void splitAssignments();
  void splitDeclarations();
  void findDying();
  bool dies(const Function &F, const std::string &Type) const {
    return is_contained(F.Roots, std::make_pair(Root::Dying, Type));
  }
  bool onlyDealloc(const Function &F, const std::string &Type) const;
  std::string typeAt(Place P) const;
  std::string baseOf(const std::string &Type, StringRef Slot,
                     unsigned Depth = 0) const;
  const std::string *typeNamed(StringRef Name) const;
  void edit(int File, size_t Begin, size_t End, const Twine &Text) {
    Edits.push_back({{File, unsigned(Begin), unsigned(End)}, Text.str()});
  }

  const Index &I;
  const Level Upto;
  const std::set<std::string> &Never;
  std::set<std::string> &For;
  std::vector<Edit> Edits;
  std::map<std::string, std::set<std::string>> Dying;
};

std::vector<Edit> Plainer::run() {
  if (Upto >= Level::HeapTypes) {
    findDying();
    for (const auto &[Key, Types] : Dying)
      if (const Function &F = I.Functions.at(Key);
          F.Defined && !F.MacroMade && F.Body.valid() && F.Parameters.size())
        plainDying(F);
    splitAssignments();
  }
  splitDeclarations();
  return std::move(Edits);
}

/// Functions that are called with dying objects, and of which types; and those
/// that only they call.
void Plainer::findDying() {
  for (const auto &[Key, F] : I.Functions)
    for (const auto &[Kind, Type] : F.Roots)
      if (Kind == Root::Dying && I.Types.count(Type))
        Dying[Key].insert(Type);
  const auto Slots = Dying;
  for (const auto &[Key, Types] : Slots)
    for (const Call &C : I.Calls)
      if (auto F = I.Functions.find(C.Callee);
          C.Caller == Key && F != I.Functions.end() && F->second.Roots.empty() &&
          F->second.Escapes.empty())
        Dying[C.Callee].insert(Types.begin(), Types.end());
}

std::string Plainer::typeAt(Place P) const {
  for (const auto &[Key, T] : I.Types)
    if (auto V = I.Variables.find(Key); V != I.Variables.end())
      for (const Reference &Ref : V->second.References)
        if (Ref.Token == P)
          return Key;
  return "";
}

/// The type whose \p Slot a static type \p Type would inherit, as an expression
/// up to the slot; empty when that is not known.
std::string Plainer::baseOf(const std::string &Type, StringRef Slot,
                            unsigned Depth) const {
  auto T = I.Types.find(Type);
  if (T == I.Types.end() || Depth > 8)
    return "";
  std::string Own = T->second.Base, Foreign = T->second.ForeignBase;
  unsigned Given = !Own.empty() || !Foreign.empty();
  for (const TypeAssignment &A : I.Assignments) {
    if (A.Type != Type || A.Field != "tp_base")
      continue;
    ++Given;
    if (I.Types.count(A.ValueVariable))
      Own = A.ValueVariable;
    else
      Foreign = A.Value;
  }
  if (Given > 1)
    return "";
  if (!Given)
    Foreign = "&PyBaseObject_Type";
  if (!Own.empty()) {
    const auto &Base = I.Types.at(Own);
    if (any_of(Base.Slots, [&](const StaticType::Slot &S) {
          return S.Id == "Py_" + Slot.str();
        }))
      return Base.Name + ".";
    return baseOf(Own, Slot, Depth + 1);
  }
  StringRef F = StringRef(Foreign).trim();
  if (!F.consume_front("&"))
    return "";
  F = F.trim();
  return all_of(F, isWord) ? F.str() + "." : "";
}

/// \p F is the deallocator of \p Type and of no other.
bool Plainer::onlyDealloc(const Function &F, const std::string &Type) const {
  unsigned Types = 0;
  for (const auto &[Key, T] : I.Types)
    Types += T.Dealloc == F.Key;
  auto T = I.Types.find(Type);
  return Types == 1 && T != I.Types.end() && T->second.Dealloc == F.Key;
}

void Plainer::plainDying(const Function &F) {
  const int File = F.Body.File;
  StringRef T = I.Files[File].Text;
  const std::string &Self = F.Parameters[0].Name;
  if (Self.empty())
    return;
  for (size_t At = F.Body.Begin; At < F.Body.End;) {
    if (const size_t End = pastLiteral(T, At); End != At) {
      At = End;
      continue;
    }
    if (!isWord(T[At])) {
      ++At;
      continue;
    }
    StringRef Name = T.substr(At).take_while(isWord);
    const size_t Begin = At;
    At += Name.size();
    const Place Token{File, unsigned(Begin), unsigned(At)};
    const std::string Type = typeAt(Token);
    if (Type.empty() && !(Name.starts_with("Py") && Name.ends_with("_Type")))
      continue;
    if (Never.count(Type))
      continue;
    const bool Own = !Type.empty() && dies(F, Type);
    // Py_TYPE(self) == &Foo_Type
    StringRef Before = T.take_front(Begin).rtrim(" \t");
    if (Own && Before.consume_back("&") && onlyDealloc(F, Type)) {
      Before = Before.rtrim(" \t");
      const size_t And = T.take_front(Begin).rfind('&');
      if (!Before.consume_back("==") && !Before.consume_back("!="))
        continue;
      Before = Before.rtrim(" \t");
      Regex Object("(Py_TYPE\\( *" + Self + " *\\)|[^a-zA-Z0-9_>.]" + Self +
                   " *-> *ob_type)$");
      if (!Object.match(Before))
        continue;
      edit(File, Before.size(), Before.size(), "->tp_dealloc");
      edit(File, And, At, "(destructor)" + Twine(F.Name));
      For.insert(Type);
      continue;
    }
    SmallVector<StringRef, 8> M;
    static Regex Member(
        "^[ \t]*\\.[ \t]*(tp_base[ \t]*->[ \t]*)?(tp_[a-z]+)[ \t]*(\\)?)[ "
        "\t]*\\(");
    if (!Member.match(T.slice(At, F.Body.End), &M))
      continue;
    const size_t Slot = M[2].data() - T.data();
    bool Changed = false;
    if (!M[1].empty()) {
      if (!Dying.at(F.Key).count(Type))
        continue;
      const std::string Base = baseOf(Type, M[2]);
      if (Base.empty())
        continue;
      edit(File, Begin, Slot, Base);
      Changed = true;
    } else if (M[2] == "tp_free" && Own) {
      edit(File, Begin, Slot, "Py_TYPE(" + Self + ")->");
      Changed = true;
    }
    StringRef Open = T.take_front(Begin).rtrim(" \t");
    if (!M[3].empty() && Open.ends_with("(") &&
        (M[2] == "tp_dealloc" || Changed)) {
      edit(File, Open.size() - 1, Begin, "");
      edit(File, Slot + M[2].size(), M[3].data() - T.data() + 1, "");
      Changed = true;
    }
    if (Changed)
      for (const std::string &Of : Dying.at(F.Key))
        if (!Never.count(Of))
          For.insert(Of);
  }
  for (const Index::MacroUse &U : I.MacroUses)
    if (U.Open.valid() && U.Name.File == File && F.Body.Begin < U.Name.Begin &&
        U.Name.End < F.Body.End)
      plainExact(F, U);
}

/// `Foo_CheckExact(self)`, which is `Py_TYPE(self) == &Foo_Type`.
void Plainer::plainExact(const Function &F, const Index::MacroUse &U) {
  StringRef T = I.Files[F.Body.File].Text;
  SmallVector<StringRef, 8> M;
  static Regex Exact("^[A-Za-z0-9_]+\\(([a-zA-Z0-9_]+)\\)[ \t\\\n]*\\(?[ "
                     "\t]*(Py_TYPE\\( *(\\(PyObject *\\*\\) *)?\\(?([a-zA-Z0-9_"
                     "]+)\\)? *\\)|\\(\\(PyObject *\\*\\) *\\(?([a-zA-Z0-9_]+)\\"
                     ")?\\) *-> *ob_type)[ \t\\\n]*==[ "
                     "\t\\\n]*&([A-Za-z0-9_]+)[ \t]*\\)?[ \t]*$");
  if (!Exact.match(I.text(U.Definition), &M) || (M[4] != M[1] && M[5] != M[1]))
    return;
  const size_t Close = T.find(')', U.Open.Begin);
  if (Close == StringRef::npos)
    return;
  const std::string &Self = F.Parameters[0].Name;
  StringRef Given = T.slice(U.Open.Begin, Close).trim();
  if (Given != Self)
    return;
  for (const auto &[Kind, Type] : F.Roots)
    if (auto V = I.Variables.find(Type);
        Kind == Root::Dying && V != I.Variables.end() &&
        V->second.Name == M[6] && onlyDealloc(F, Type) && !Never.count(Type)) {
      edit(F.Body.File, U.Name.Begin, Close + 1,
           "(Py_TYPE(" + Self + ")->tp_dealloc == (destructor)" + F.Name + ")");
      For.insert(Type);
      return;
    }
}

const std::string *Plainer::typeNamed(StringRef Name) const {
  const std::string *Found = nullptr;
  for (const auto &[Key, T] : I.Types)
    if (T.Name == Name) {
      if (Found)
        return nullptr;
      Found = &Key;
    }
  return Found;
}

/// `A_Type.tp_base = B_Type.tp_base = &C;`
void Plainer::splitAssignments() {
  static Regex Chain("^(([A-Za-z0-9_]+)\\.((tp|ob)_[a-z_]+)[ \t\n]*=[ "
                     "\t\n]*){2,}(&?[A-Za-z0-9_]+)[ \t\n]*;");
  static Regex One("^([A-Za-z0-9_]+)\\.((tp|ob)_[a-z_]+)[ \t\n]*=[ \t\n]*");
  for (const auto &[Key, F] : I.Functions) {
    if (!F.Defined || F.MacroMade || !F.Body.valid())
      continue;
    StringRef T = I.Files[F.Body.File].Text;
    for (size_t At = F.Body.Begin; At < F.Body.End;) {
      if (const size_t End = pastLiteral(T, At); End != At) {
        At = End;
        continue;
      }
      if (!isWord(T[At])) {
        ++At;
        continue;
      }
      const size_t Begin = At;
      StringRef Name = T.substr(At).take_while(isWord);
      At += Name.size();
      StringRef Before = T.take_front(Begin).rtrim();
      const std::string *Type = typeNamed(Name);
      SmallVector<StringRef, 8> M;
      if (!Type || Never.count(*Type) ||
          !(Before.ends_with(";") || Before.ends_with("{") ||
            Before.ends_with("}") || T.slice(T.rfind('\n', Begin) + 1, Begin).trim().empty()) ||
          Before.ends_with(")") || Before.ends_with("else") ||
          !Chain.match(T.slice(Begin, F.Body.End), &M))
        continue;
      const size_t End = M[0].data() - T.data() + M[0].size();
      StringRef Rest = M[0], Value = M[5];
      const size_t Line = T.rfind('\n', Begin) + 1;
      StringRef Indent = T.slice(Line, Begin);
      if (!Indent.trim().empty())
        Indent = " ";
      std::string Text;
      SmallVector<StringRef, 4> Target;
      while (One.match(Rest, &Target)) {
        Text += (Text.empty() ? "" : "\n" + Indent.str()) +
                (Target[1] + "." + Target[2] + " = " + Value + ";").str();
        if (const std::string *Of = typeNamed(Target[1]))
          For.insert(*Of);
        Rest = Rest.drop_front(Target[0].size());
      }
      edit(F.Body.File, Begin, End, Text);
      At = End;
    }
  }
}

/// `static PyObject *a = NULL, *b[2] = {NULL};`
void Plainer::splitDeclarations() {
  std::set<Place> Done;
  for (const auto &[Key, V] : I.Variables) {
    if (!V.Mutable || V.Local || Never.count(Key))
      continue;
    for (unsigned N = 0; N < V.Declarations.size(); ++N) {
      const Place P = V.Declarations[N];
      StringRef T = I.text(P);
      if (V.Declarators[N] < 2 || T.find_first_of("{[=") == StringRef::npos ||
          !T.ends_with(";") || T.contains('#') || !Done.insert(P).second)
        continue;
      // The type, and what is declared, each with the comment behind it.
      std::vector<std::pair<std::string, std::string>> Parts;
      size_t Begin = 0;
      unsigned Depth = 0;
      bool Plain = true;
      for (size_t At = 0; At < T.size(); ++At) {
        if (const size_t End = pastLiteral(T, At); End != At) {
          At = End - 1;
          continue;
        }
        const char C = T[At];
        if (C == '{' || C == '(' || C == '[')
          ++Depth;
        else if (C == '}' || C == ')' || C == ']')
          --Depth;
        else if (!Depth && (C == ',' || C == ';')) {
          StringRef Part = T.slice(Begin, At).trim();
          Plain &= !Part.contains("/*") && !Part.contains("//");
          size_t After = At + 1;
          while (After < T.size() && (T[After] == ' ' || T[After] == '\t'))
            ++After;
          size_t End = pastLiteral(T, After);
          if (T.substr(After).starts_with("\"") || C == ';')
            End = After;
          Parts.push_back({Part.str(), T.slice(After, End).str()});
          Begin = std::max<size_t>(End, At + 1);
          At = Begin - 1;
        }
      }
      if (!Plain || Parts.size() != V.Declarators[N])
        continue;
      static Regex First("^([A-Za-z0-9_ \t]+[ \t*])([A-Za-z0-9_]+)[ \t]*(\\[[^]]*\\][ \t]*)*(=|$)");
      SmallVector<StringRef, 6> M;
      if (!First.match(Parts[0].first, &M))
        continue;
      StringRef Type = M[1];
      while (Type.consume_back("*"))
        Type = Type.rtrim(" \t");
      Type = Type.rtrim(" \t");
      const size_t Line = I.Files[P.File].Text.rfind('\n', P.Begin);
      const size_t LineBegin = Line == std::string::npos ? 0 : Line + 1;
      StringRef Indent = I.text({P.File, unsigned(LineBegin), P.Begin});
      if (!Indent.trim().empty())
        continue;
      std::string Text;
      for (auto &[Part, Comment] : Parts) {
        StringRef Declarator = Part;
        if (Text.empty())
          Declarator = StringRef(Part).drop_front(Type.size()).ltrim();
        Text += (Text.empty() ? "" : "\n" + Indent.str()) + Type.str() + " " +
                Declarator.str() + ";" +
                (Comment.empty() ? "" : " " + Comment);
      }
      edit(P.File, P.Begin, P.End, Text);
    }
  }
}

} // namespace

std::vector<Edit> plainer(const Index &I, Level Upto,
                          const std::set<std::string> &Never,
                          std::set<std::string> &For) {
  return Plainer(I, Upto, Never, For).run();
}

} // namespace pyext::migrate
