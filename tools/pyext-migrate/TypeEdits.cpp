//===- TypeEdits.cpp - Static types to heap types -------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rewriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <functional>

using namespace llvm;

namespace pyext::migrate {

bool Rewriter::anyType() const {
  return any_of(Entities, [](const auto &P) {
    return P.second.T && P.second.Drop.empty();
  });
}

std::string Rewriter::immutable() const {
  return O.MinMinor >= 10 ? "Py_TPFLAGS_IMMUTABLETYPE"
                          : upper(Prefix) + "_IMMUTABLETYPE";
}

std::string Rewriter::notCallable() const {
  return O.MinMinor >= 10 ? "Py_TPFLAGS_DISALLOW_INSTANTIATION"
                          : upper(Prefix) + "_DISALLOW_INSTANTIATION";
}

std::string Rewriter::upper(StringRef S) { return S.upper(); }

bool Rewriter::isHeapBase(const Entity &E) const {
  return !E.Base.empty() && moves(E.Base);
}

/// Behind everything that the spec names: what was assigned while the module
/// is imported may be declared later than the type.
unsigned Rewriter::specPlace(const Entity &E) const {
  const Place Definition = E.T->Definition;
  unsigned Later = 0;
  auto Note = [&](const TypeAssignment *A) {
    if (A->Position.File == Definition.File &&
        A->Position.Begin > Definition.Begin)
      Later = std::max(Later, A->Position.Begin);
  };
  for (const TypeAssignment *A : E.Absorbed)
    Note(A);
  for (const TypeAssignment *A : E.TableAssignments)
    Note(A);
  if (!Later)
    return 0;
  // Before the function that makes the type.
  unsigned At = ~0u;
  for (const ApiUse *U : E.Ready)
    if (const Function *F = function(U->Function);
        F && F->Header.valid() && F->Header.File == Definition.File)
      At = std::min(At, F->Header.Begin);
  if (At == ~0u && Body && Body->Body.File == Definition.File)
    At = Body->Header.Begin;
  if (At == ~0u || At < Definition.End || At < Later)
    return 0;
  StringRef T = I.Files[Definition.File].Text;
  // Before what belongs to the function: its comment and its conditions.
  for (;;) {
    size_t Line = At ? T.rfind('\n', At - 1) : StringRef::npos;
    size_t Begin = Line == StringRef::npos ? 0 : Line + 1;
    StringRef L = T.slice(Begin, At).trim();
    if (L.empty() ||
        !(L.starts_with("#") || L.starts_with("//") || L.starts_with("/*") ||
          L.starts_with("*") || L.ends_with("*/")))
      break;
    At = Begin;
  }
  return outsideConditions(T, At, I.Files[Definition.File].Header);
}

/// A type of another source than the one with the exec function, which makes
/// what nothing else readies.
bool Rewriter::isMadeElsewhere(const Entity &E) const {
  return E.T && E.Ready.empty() && E.T->Definition.File != MainFile &&
         !I.Files[E.T->Definition.File].Header;
}

/// `static PyTypeObject Foo_Type;` above a function that makes the type, above
/// its definition.
bool Rewriter::needsForward(const Entity &E, Place Declaration) const {
  if (!E.T || Cxx || !E.V->Static ||
      Declaration.File != E.T->Definition.File ||
      Declaration.Begin > E.T->Definition.Begin)
    return false;
  unsigned First = ~0u;
  for (const Place &P : E.V->Declarations)
    First = std::min(First, P.Begin);
  const unsigned Later = specPlace(E);
  return First == Declaration.Begin && any_of(E.Ready, [&](const ApiUse *U) {
           return U->Whole.File == Declaration.File &&
                  U->Whole.Begin < std::max(E.T->Definition.Begin, Later);
         });
}

std::string Rewriter::slotName(const Entity &E, StringRef Suffix) {
  const Function *Dealloc = function(slotFunction(E, "Py_tp_dealloc"));
  StringRef Stem = Dealloc ? StringRef(Dealloc->Name) : "";
  // The module has functions with its own name.
  std::string Name =
      Stem.consume_back("_dealloc") && !Stem.empty() && Stem != Prefix
          ? Stem.str()
          : E.T->Name;
  Name += Suffix;
  while (I.Macros.count(Name) || I.Foreign.count(Name) || functionNamed(Name) ||
         !SlotNames.insert(Name).second)
    Name += "_";
  return Name;
}

void Rewriter::emitTypes() {
  for (auto &[Key, E] : Entities) {
    if (!E.T || !E.Drop.empty())
      continue;
    const StaticType &T = *E.T;
    std::string Members = T.Members;
    std::string Before;
    // Offsets that a spec takes as members.
    if (!T.Offsets.empty()) {
      includeStructMember(T.Definition.File);
      if (T.MembersEnd.valid()) {
        std::string Lines;
        for (const std::string &Entry : T.Offsets)
          Lines += Entry + ",\n" + indentAt(T.MembersEnd);
        insert(T.MembersEnd.File, T.MembersEnd.Begin, Lines);
      } else {
        Members = T.Name + "_members";
        Before += "static PyMemberDef " + Members + "[] = {\n";
        for (const std::string &Entry : T.Offsets)
          Before += In + Entry + ",\n";
        Before += In + "{NULL, 0, 0, 0, NULL}\n};\n\n";
        E.Slots.push_back({"Py_tp_members", Members, ""});
      }
    }
    std::string Dealloc = slotFunction(E, "Py_tp_dealloc");
    std::string Traverse = slotFunction(E, "Py_tp_traverse");
    // Collector.
    bool Gc = true;
    std::string Flags = T.Flags;
    const bool Inherits = isHeapBase(E) && Traverse.empty() &&
                          Dealloc.empty() && E.T->Owned.empty();
    if (Inherits || needsNoCollector(E)) {
      Gc = false;
    } else if (Traverse.empty()) {
      const std::string Name = slotName(E, "_traverse");
      Before += traverseText(E, Name);
      E.Slots.push_back({"Py_tp_traverse", (Cxx ? "(void *)" : "") + Name, ""});
      // With a traverse of its own a type inherits no clear.
      if (!collectorOfBase(E).empty() && !hasSlot(E, "Py_tp_clear")) {
        const std::string Clear = slotName(E, "_clear");
        Before += "static int\n" + Clear + "(PyObject *self)\n{\n" + In +
                  "inquiry base = " + collectorOfBase(E) + "tp_clear;\n" +
                  In + "return base == NULL ? 0 : base(self);\n}\n\n";
        E.Slots.push_back({"Py_tp_clear", (Cxx ? "(void *)" : "") + Clear, ""});
      }
    } else {
      visitType(Traverse);
    }
    if (const std::string Free = plainFree(E);
        (Gc || needsNoCollector(E)) && !Free.empty()) {
      const std::string Name = slotName(E, "_dealloc");
      Before += "static void\n" + Name + "(PyObject *self)\n{\n" + In +
                "PyTypeObject *tp = Py_TYPE(self);\n" + In +
                (Gc ? "PyObject_GC_UnTrack(self);\n" + In : "") + Free + "(self);\n" +
                In + "Py_DECREF(tp);\n}\n\n";
      E.Slots.push_back({"Py_tp_dealloc", (Cxx ? "(void *)" : "") + Name, ""});
    }
    if (Gc && !T.HasGc)
      Flags += " | Py_TPFLAGS_HAVE_GC";
    if (foreignBaseIsImmutable(E) &&
        !StringRef(Flags).contains("Py_TPFLAGS_IMMUTABLETYPE"))
      Flags += " | " + immutable();
    const bool Callable =
        hasSlot(E, "Py_tp_new") || !E.Base.empty() ||
        (!E.ForeignBase.empty() &&
         !StringRef(E.ForeignBase).contains("PyBaseObject_Type"));
    if (!Callable) {
      if (!StringRef(Flags).contains("Py_TPFLAGS_DISALLOW_INSTANTIATION"))
        Flags += " | " + notCallable();
      AnyNotCallable = true;
    }
    if (!Dealloc.empty())
      rewriteDealloc(Dealloc, !needsNoCollector(E));
    for (size_t At; (At = Flags.find("\n | ")) != std::string::npos;)
      Flags.replace(At, 4, "\n" + In + In + "| ");
    std::string Text = Before;
    Text += "static PyType_Slot " + T.Name + "_slots[] = {\n";
    for (const StaticType::Slot &S : E.Slots) {
      const std::string Line = In + "{" + S.Id + ", " + S.Value + "},\n";
      if (S.If.empty())
        Text += Line;
      else
        Text += S.If + "\n" + Line +
                (S.Else.empty() ? ""
                                : "#else\n" + In + "{" + S.Id + ", " + S.Else +
                                      "},\n") +
                "#endif\n";
    }
    Text += In + "{0, NULL}\n};\n\n";
    std::string Storage =
        Multi && (!E.V->Static || isMadeElsewhere(E)) ? "" : "static ";
    std::string Name = T.NameText;
    if (!T.TpName.empty() && T.TpName.find('.') == std::string::npos) {
      std::string Full = M.FullName.empty() ? M.Name : M.FullName;
      Name = "\"" + Full + "." + T.TpName + "\"";
    }
    std::string Size = T.BasicSize.empty() ? "0" : T.BasicSize;
    if (needsNoCollector(E) && !isWithin(E))
      Text += "/* No collector: its objects hold no others, and the module holds "
              "none of them. */\n";
    Text += Storage + "PyType_Spec " + T.Name + "_spec = {\n";
    if (Cxx) {
      Text += In + Name + ",\n" + In + "(int)(" + Size + "),\n" + In +
              (T.ItemSize.empty() ? "0" : T.ItemSize) + ",\n" + In +
              "(unsigned int)(" + Flags + "),\n" + In + T.Name + "_slots\n";
    } else {
      Text += In + ".name = " + Name + ",\n";
      Text += In + ".basicsize = " + Size + ",\n";
      if (!T.ItemSize.empty())
        Text += In + ".itemsize = " + T.ItemSize + ",\n";
      Text += In + ".flags = " + Flags + ",\n";
      Text += In + ".slots = " + T.Name + "_slots,\n";
    }
    Text += "};";
    replaceAll(T.Definition);
    if (unsigned At = specPlace(E); At > T.Definition.End) {
      removeDeclarationBlock(T.Definition);
      insert(T.Definition.File, At, Text + "\n\n");
    } else {
      edit(T.Definition, Text);
    }
    for (const TypeAssignment *A : E.Absorbed) {
      replaceAll(A->Statement);
      edit(wholeLine(A->Statement), "");
    }
    for (const TypeAssignment *A : E.TableAssignments) {
      replaceAll(A->Statement);
      edit(wholeLine(A->Statement), "");
    }
    for (const std::string &Sub : T.SubTables)
      removeSubTable(Sub);
    for (const TypeAssignment *A : E.Absorbed)
      if (I.SlotTables.count(A->ValueVariable))
        removeSubTable(A->ValueVariable);
    createType(E);
    createInstances(E);
    registerType(E);
    // A deallocator that its objects never needed.
    if (!T.Dealloc.empty() && Dealloc.empty())
      if (const Function *F = function(T.Dealloc)) {
        const Place All{F->Header.File, F->Header.Begin, F->Body.End};
        replaceAll(All);
        removeDeclarationBlock(All);
      }
  }
  for (auto &[Key, E] : Entities)
    if (E.Sequence && E.Drop.empty()) {
      createSequence(E);
      registerType(E);
    }
  rewriteAllocations();
  rewriteFrees();
}

std::set<std::string> Rewriter::initReach() const {
  std::vector<std::string> Inits;
  for (const auto &[Key, E] : Entities)
    if (E.T)
      Inits.push_back(slotFunction(E, "Py_tp_init"));
  return I.calledFrom(std::move(Inits));
}

void Rewriter::rewriteFrees() {
  std::set<std::string> Structs;
  for (const auto &[Key, E] : Entities)
    if (E.T && E.Drop.empty() && !E.T->InstanceStruct.empty())
      Structs.insert(E.T->InstanceStruct);
  static const std::set<StringRef> Names{"PyObject_Del", "PyObject_DEL",
                                         "PyObject_Free", "PyObject_FREE",
                                         "PyObject_GC_Del"};
  std::set<std::string> Init = initReach();
  for (const ApiUse &U : I.Uses) {
    if (!Names.count(U.Name) || Deallocs.count(U.Function) ||
        !Structs.count(U.ArgStruct) || !U.Whole.valid() || U.Args.empty() ||
        skipped(U.Whole))
      continue;
    if (Init.count(U.Function) && U.Statement.valid()) {
      // Whoever called tp_init releases the object when that fails.
      R.Left.push_back({"'" + I.text(U.Statement).str() + "'", U.Statement,
                        "removed: the object is freed once more by the caller "
                        "of tp_init"});
      replaceAll(U.Statement);
      if (U.NeedsBraces)
        edit(U.Statement, ";");
      else
        edit(wholeLine(U.Statement), "");
      continue;
    }
    UsesFreeObject = true;
    replaceAll(U.Whole);
    edit(U.Whole, Prefix + "_free_object((PyObject *)" + U.Args[0] + ")");
  }
}

bool Rewriter::functionNamed(StringRef Name) const {
  return any_of(I.Functions,
                [&](const auto &P) { return P.second.Name == Name; });
}

bool Rewriter::foreignBaseIsImmutable(const Entity &E) const {
  if (E.ForeignBase.empty())
    return true;
  StringRef B = StringRef(E.ForeignBase).trim();
  B.consume_front("&");
  return B.starts_with("Py");
}

/// The collector of others visits what is in the objects, which have none:
/// `for (node = self->first; node; node = node->next) Py_VISIT(node->item);`
/// A second visit would take the item for garbage.
bool Rewriter::visitedByOthers(const StaticType &T) const {
  const std::string Name = structName(T);
  StringRef Struct = Name;
  Struct.consume_front("struct ");
  if (T.HasGc || Struct.empty())
    return false;
  for (const auto &[Key, F] : I.Functions) {
    if (!F.Defined || !F.Body.valid() ||
        none_of(F.Parameters, [](const Parameter &P) {
          return StringRef(P.Type).contains("visitproc");
        }))
      continue;
    const StringRef Body = I.text(F.Body);
    std::vector<std::string> Names;
    for (const Parameter &P : F.Parameters)
      if (StringRef(P.Type).contains(Struct))
        Names.push_back(P.Name);
    for (size_t At = Body.find(Struct); At != StringRef::npos;
         At = Body.find(Struct, At + 1)) {
      StringRef After = Body.substr(At + Struct.size()).ltrim();
      if ((At && isWord(Body[At - 1])) || !After.consume_front("*"))
        continue;
      const StringRef Name = After.ltrim(" *").take_while(isWord);
      if (!Name.empty())
        Names.push_back(Name.str());
    }
    for (const std::string &Name : Names)
      if (Body.contains("Py_VISIT(" + Name + "->") ||
          Body.contains("visit(" + Name + "->") ||
          Body.contains("visit((PyObject *)" + Name + "->"))
        return true;
  }
  return false;
}

/// Found when the types are written: slots are added then.
bool Rewriter::needsNoCollector(const Entity &E) const {
  auto [Known, New] = NoCollectors.insert({E.V->Key, false});
  if (New)
    Known->second = isWithin(E) || isInNoCycle(E);
  return Known->second;
}

/// Objects that Python code cannot make and has no use for, as they have nothing
/// but a deallocator, and that no state of the module holds: they stay within
/// other objects, and a cycle of them with their module would need the module to
/// hold one of these.
bool Rewriter::isWithin(const Entity &E) const {
  const StaticType &T = *E.T;
  if (T.HasGc || T.Subclassable || !T.Offsets.empty() || !E.Base.empty() ||
      !E.ForeignBase.empty())
    return false;
  for (const StaticType::Slot &S : E.Slots)
    if (S.Id != "Py_tp_dealloc" && S.Id != "Py_tp_repr" &&
        S.Id != "Py_tp_str" && S.Id != "Py_tp_doc")
      return false;
  const std::string Dealloc = slotFunction(E, "Py_tp_dealloc");
  if (Dealloc.empty() || !delegateOf(Dealloc, "Py_tp_dealloc").empty())
    return false;
  for (const auto &[Key, Other] : Entities) {
    if (&Other == &E || !Other.Drop.empty())
      continue;
    if (Other.T ? Other.Base == T.Key ||
                      slotFunction(Other, "Py_tp_dealloc") == Dealloc
                : Other.Owned && !visitedByOthers(T))
      return false;
  }
  const std::set<std::string> Importing = I.calledFrom({BodyKey});
  bool Made = false;
  for (const Reference &Ref : E.V->References) {
    if (Ref.Function.empty() || !Ref.Token.valid())
      return false;
    bool Known = !Importing.count(Ref.Function);
    for (const ApiUse &U : I.Uses)
      if (U.Type == T.Key && U.Whole.valid() && contains(U.Whole, Ref.Token)) {
        Known |= U.Name == "PyType_Ready" || U.Name == "Py_INCREF";
        Made |= U.Name == "PyObject_New" || U.Name == "PyObject_NEW";
      }
    if (!Known)
      return false;
  }
  // The memory goes back in the deallocator alone.
  for (const ApiUse &U : I.Uses)
    if (!T.InstanceStruct.empty() && U.ArgStruct == T.InstanceStruct &&
        U.Function != Dealloc && StringRef(U.Name).starts_with("PyObject_") &&
        (StringRef(U.Name).contains("Del") || StringRef(U.Name).contains("Free") ||
         StringRef(U.Name).contains("GC") || StringRef(U.Name).contains("DEL") ||
         StringRef(U.Name).contains("FREE")))
      return false;
  return Made;
}

/// What gives back the memory of an object whose type has no deallocator, but
/// inherits that of a static type. A heap type would get the one of classes,
/// which has much to look for. "" when it has work to do.
std::string Rewriter::plainFree(const Entity &E) const {
  const StaticType &T = *E.T;
  if (T.HasGc || !T.Offsets.empty() || !T.Members.empty() || !E.Base.empty())
    return "";
  for (StringRef Id :
       {"Py_tp_dealloc", "Py_tp_free", "Py_tp_finalize", "Py_tp_del",
        "Py_tp_clear", "Py_tp_members", "Py_tp_bases"})
    if (hasSlot(E, Id))
      return "";
  StringRef Base = StringRef(E.ForeignBase).trim();
  if (Base.empty() || Base == "&PyBaseObject_Type")
    return "tp->tp_free";
  for (StringRef Name :
       {"&PyUnicode_Type", "&PyBytes_Type", "&PyLong_Type", "&PyFloat_Type"})
    if (Base == Name)
      return Name.drop_front().str() + ".tp_dealloc";
  return "";
}

/// The type of others whose collector a type without one inherits, with what
/// leads to a field of it. "" when there is none.
std::string Rewriter::collectorOfBase(const Entity &E) const {
  StringRef Base = StringRef(E.ForeignBase).trim();
  // Types of Python that have none.
  static const StringRef Plain[] = {
      "PyBaseObject_Type", "PyUnicode_Type", "PyBytes_Type",
      "PyByteArray_Type",  "PyLong_Type",    "PyBool_Type",
      "PyFloat_Type",      "PyComplex_Type"};
  if (Base.empty() || E.T->HasGc || hasSlot(E, "Py_tp_clear") ||
      any_of(Plain, [&](StringRef Name) { return Base.contains(Name); }))
    return "";
  if (Base.consume_front("&"))
    return Base.trim().str() + ".";
  return "((PyTypeObject *)" + Base.str() + ")->";
}

std::string Rewriter::traverseText(const Entity &E, const std::string &Name) {
  const StaticType &T = *E.T;
  // What could not be collected before still cannot, where the collector would
  // take away what the deallocator looks at.
  const bool Alone =
      T.InstanceStruct.empty() || T.Owned.empty() || T.LooksInside ||
      visitedByOthers(T);
  const std::string Self = Alone ? "self" : "self_object";
  std::string Text = "static int\n" + Name + "(PyObject *" + Self +
                     ", visitproc visit, void *arg)\n{\n";
  if (!Alone)
    Text +=
        In + structName(T) + " *self = (" + structName(T) + " *)self_object;\n";
  const std::string Base = collectorOfBase(E);
  if (!Base.empty())
    Text += In + "traverseproc base = " + Base + "tp_traverse;\n";
  Text += In + "Py_VISIT(Py_TYPE(" + Self + "));\n";
  if (!Alone)
    for (const std::string &Field : T.Owned)
      Text += In + "Py_VISIT(self->" + Field + ");\n";
  return Text + In + "return " +
         (Base.empty() ? "0" : "base == NULL ? 0 : base(" + Self + ", visit, arg)") +
         ";\n}\n\n";
}

std::string Rewriter::structName(const StaticType &T) const {
  StringRef S = T.BasicSize;
  size_t Open = S.find('(');
  if (S.trim().starts_with("sizeof") && Open != StringRef::npos)
    return S.slice(Open + 1, S.find(')', Open)).trim().str();
  if (S.trim().starts_with("offsetof") && Open != StringRef::npos)
    return S.slice(Open + 1, S.find(',', Open)).trim().str();
  return T.InstanceStruct;
}

void Rewriter::visitType(const std::string &Key) {
  const Function *F = function(Key);
  if (!F || !delegateOf(Key, "Py_tp_traverse").empty())
    return;
  StringRef T = I.text(F->Body);
  if (T.contains("Py_VISIT(Py_TYPE("))
    return;
  // After the declarations: found as the first line that begins with a
  // statement of the traverse idiom.
  size_t At = std::min({T.find("Py_VISIT"), T.find("return"), T.find("if "),
                        T.find("if("), T.find("for "), T.find("for("),
                        T.find("while"), T.find("visit(")});
  if (At == StringRef::npos)
    At = T.size() - 1;
  std::string Ind = indentAt({F->Body.File, unsigned(F->Body.Begin + At),
                              unsigned(F->Body.Begin + At)});
  std::string Line = "Py_VISIT(Py_TYPE(" + selfOf(*F) + "));";
  if (T.slice(0, At).contains('\n'))
    insert(F->Body.File, F->Body.Begin + At, Line + "\n" + Ind);
  else
    insert(F->Body.File, F->Body.Begin + At, Line + " ");
}

void Rewriter::rewriteDealloc(const std::string &Key, bool Collected) {
  if (!Deallocs.insert(Key).second)
    return;
  const Function *F = function(Key);
  auto Own = [&](const ApiUse *U) {
    return !(U->Name == "tp_dealloc" && moves(U->Type));
  };
  if (none_of(frees(Key), Own)) {
    // Another deallocator does the rest.
    StringRef T = I.text(F->Body);
    const bool NewGc = any_of(Entities, [&](const auto &P) {
      return P.second.T && P.second.Drop.empty() && !P.second.T->HasGc &&
             slotFunction(P.second, "Py_tp_dealloc") == Key;
    });
    if (!NewGc || T.contains("PyObject_GC_UnTrack") || T.contains("_GC_UNTRACK") ||
        T.count('\n') < 2)
      return;
    insertFirst(*F, "PyObject_GC_UnTrack(" + selfOf(*F) + ");");
    return;
  }
  const std::string Self = selfOf(*F);
  StringRef T = I.text(F->Body);
  bool Untracked = T.contains("PyObject_GC_UnTrack") ||
                   T.contains("_PyObject_GC_UNTRACK") ||
                   T.contains("PyObject_GC_UNTRACK");
  std::string Type = "tp";
  for (const char *Name : {"tp", "type", "heap_type"}) {
    Type = Name;
    if (!F->Locals.count(Name) && Self != Name)
      break;
  }
  StringRef Rest = T.drop_front(1).take_until([](char C) { return C == '\n'; });
  bool OneLine = !Rest.trim().empty() && !Rest.trim().starts_with("/*") &&
                 !Rest.trim().starts_with("//");
  std::string Sep = OneLine ? " " : "\n" + In;
  std::string Start =
      Sep + "PyTypeObject *" + Type + " = Py_TYPE(" + Self + ");";
  unsigned At = F->Body.Begin + 1 + (OneLine ? 0 : Rest.size());
  insert(F->Body.File, At, Start);
  for (const ApiUse *U : frees(Key)) {
    std::string Ind = indentAt(U->Statement);
    if (U->Name == "tp_dealloc") {
      if (moves(U->Type))
        continue; // It releases the type.
      std::string New = I.text(U->Statement).str() + "\n" + Ind;
      // The deallocator of a heap type gives the type back itself, and what
      // type the one of another module is, is not known.
      StringRef Base = I.text(U->Statement);
      Base = Base.take_front(Base.find("tp_dealloc")).rtrim();
      const bool Pointer = Base.consume_back("->");
      Base.consume_back(".");
      if (!Base.starts_with("Py") && all_of(Base, isWord))
        New += std::string("if (!PyType_HasFeature(") + (Pointer ? "" : "&") +
               Base.str() + ", Py_TPFLAGS_HEAPTYPE))\n" + Ind + In;
      New += "Py_DECREF(" + Type + ");";
      replaceStatement(U->Statement, New, U->NeedsBraces);
      continue;
    }
    // The name that the object has there, which may have no other use.
    StringRef Name;
    if (!U->Args.empty())
      Name = U->Args.back();
    if (U->Name == "tp_free" && !U->Args.empty())
      Name = U->Args.front();
    Name = Name.rtrim(" )\t");
    Name = Name.substr(Name.find_last_of(" *()\t") + 1);
    const std::string Object =
        isAliasOfSelf(*F, Name) ? Name.str() : Self;
    std::string Free = Type + "->tp_free((PyObject *)" + Object + ");" +
                       (OneLine ? " " : "\n" + Ind) + "Py_DECREF(" + Type +
                       ");";
    replaceStatement(U->Statement, Free, U->NeedsBraces);
  }
  // Last: the first statement may be one that was replaced.
  if (!Untracked && Collected) {
    // The first statement after the declarations.
    if (OneLine)
      insert(F->Body.File, firstStatement(*F),
             "PyObject_GC_UnTrack(" + Self + "); ");
    else
      insertFirst(*F, "PyObject_GC_UnTrack(" + Self + ");");
  }
}

void Rewriter::removeSubTable(const std::string &Key) {
  const Variable &V = I.Variables.at(Key);
  // Other types may use it.
  for (const auto &[K, T] : I.Types)
    if (is_contained(T.SubTables, Key) && !moves(K))
      return;
  for (const Reference &Ref : V.References)
    if (!Ref.Function.empty() && !skipped(Ref.Token))
      return;
  for (const Place &P : V.Declarations)
    removeDeclaration(P);
}

std::string Rewriter::baseText(const Entity &E) const {
  if (!E.Base.empty()) {
    if (moves(E.Base))
      return access(Entities.at(E.Base));
    return "&" + I.Variables.at(E.Base).Name;
  }
  if (!E.ForeignBase.empty() &&
      !StringRef(E.ForeignBase).contains("PyBaseObject_Type"))
    return E.ForeignBase;
  return "NULL";
}

std::string Rewriter::createCall(const Entity &E,
                                 const std::string &Module) const {
  return Prefix + "_create_type(" + Module + ", &" + E.T->Name + "_spec, " +
         baseText(E) + ", &" + access(E) + ")";
}

void Rewriter::createType(Entity &E) {
  for (const ApiUse *U : E.Late) {
    const Place P = U->If.valid() ? U->If : U->Statement;
    replaceAll(P);
    edit(wholeLine(P), "");
  }
  if (E.Ready.empty()) {
    AtExecStart.push_back(&E);
    return;
  }
  for (const ApiUse *U : E.Ready) {
    replaceAll(U->Whole);
    edit(U->Whole, createCall(E, moduleIn(U->Function)));
  }
}

/// \p Text without casts of all of it, brackets and blanks.
static std::string bare(StringRef Text) {
  std::string Out;
  for (char C : Text)
    if (!isSpace(C))
      Out += C;
  StringRef S = Out;
  for (StringRef Before; Before != S;) {
    Before = S;
    if (S.starts_with("(PyObject*)"))
      S = S.drop_front(11);
    if (S.starts_with("(") && S.find(')') == S.size() - 1)
      S = S.drop_front().drop_back();
  }
  return S.str();
}

std::string Rewriter::whyInstanceStays(const Entity &E) const {
  const Variable &V = *E.V;
  if (O.Upto < Level::HeapTypes || V.Local || V.ThreadLocal || !V.Defined ||
      V.MacroMade || V.InstanceType.empty())
    return "";
  const std::string As = ", and ";
  if (!V.InstanceRefused.empty())
    return As + V.InstanceRefused;
  if (!I.Types.count(V.InstanceType))
    return "";
  // Where nobody counts the references of what lasts for ever.
  for (const Reference &Ref : V.References) {
    const Function *F = function(Ref.Function);
    if (!F)
      continue;
    auto Increased = [&](StringRef What) {
      return any_of(I.Uses, [&](const ApiUse &U) {
        return U.Function == Ref.Function &&
               (U.Name == "Py_INCREF" || U.Name == "Py_XINCREF") &&
               !U.Args.empty() && bare(U.Args[0]) == What;
      });
    };
    bool Counted = !Ref.Keeps || any_of(V.References, [&](const auto &Other) {
      return Other.Function == Ref.Function && Other.Increments;
    });
    for (const std::string &In : Ref.KeptIn)
      Counted &= Ref.Increments || Increased(bare(In));
    if (!Counted)
      return As + "'" + F->Name + "' gives it no reference";
  }
  // Its type has to be made in one place, where this can be made, too.
  unsigned Made = 0;
  for (const ApiUse &U : I.Uses)
    if (U.Name == "PyType_Ready" && U.Type == V.InstanceType) {
      ++Made;
      const Function *F = function(U.Function);
      if (!F || F->Returns == Function::Void ||
          (!U.If.valid() && (!U.Statement.valid() || U.NeedsBraces)))
        return As + "the place where its type is made is not understood";
    }
  return Made > 1 ? As + "its type is made in several places" : "";
}

/// `{ Py_FatalError("deallocating foo"); }` of a type that makes no objects.
bool Rewriter::neverRuns(const Entity &E, const std::string &Dealloc) const {
  const Function *F = function(Dealloc);
  if (!F || !F->Header.valid() || !F->Escapes.empty() ||
      none_of(Entities, [&](const auto &P) {
        return P.second.Instance && P.second.Drop.empty() &&
               P.second.V->InstanceType == E.T->Key;
      }))
    return false;
  for (const ApiUse &U : I.Uses)
    if (U.Type == E.T->Key && (StringRef(U.Name).starts_with("PyObject_N") ||
                               StringRef(U.Name).starts_with("PyObject_GC_N")))
      return false;
  StringRef T = I.Files[F->Body.File].Text;
  size_t At = firstWordFrom(T, F->Body.Begin + 1);
  if (At + 1 < F->Body.End) {
    if (!T.substr(At).starts_with("Py_FatalError") &&
        !T.substr(At).starts_with("abort"))
      return false;
    At = firstWordFrom(T, T.find(';', At) + 1);
  }
  return At + 1 >= F->Body.End;
}

std::string Rewriter::instanceLines(const Entity &E, const std::string &Indent,
                                    const std::string &Fail) const {
  std::string Out;
  for (const Entity *Of : ordered()) {
    if (!Of->Instance || Of->V->InstanceType != E.T->Key)
      continue;
    const bool Plain = Of->V->TypeName == "PyObject";
    Out += "\n" + Indent + access(*Of) + " = " +
           (Plain ? std::string() : "(" + Of->V->TypeText + " *)") + access(E) +
           "->tp_alloc(" + access(E) + ", 0);\n" + Indent + "if (" +
           access(*Of) + " == NULL)\n" + Indent + In + Fail;
    for (const auto &[Field, Value] : Of->V->InstanceFields)
      Out += "\n" + Indent + access(*Of) + "->" + Field + " = " + Value + ";";
  }
  return Out;
}

void Rewriter::createInstances(const Entity &E) {
  for (const ApiUse *U : E.Ready) {
    const Place P = U->If.valid() ? U->If : U->Statement;
    const Function *F = function(U->Function);
    if (!P.valid() || !F)
      continue;
    std::string Fail = "return NULL;";
    if (U->Function == BodyKey || F->Returns != Function::Pointer)
      Fail = "return -1;";
    if (!U->Jump.empty())
      Fail = U->Jump;
    const std::string Lines = instanceLines(E, indentAt(P), Fail);
    if (!Lines.empty())
      insert(P.File, P.End, Lines);
  }
}

/// PyStructSequence_InitType() to PyStructSequence_NewType().
void Rewriter::createSequence(Entity &E) {
  for (const ApiUse &U : I.Uses) {
    if (!StringRef(U.Name).starts_with("PyStructSequence_InitType") ||
        U.Type != E.V->Key)
      continue;
    const std::string New =
        access(E) + " = PyStructSequence_NewType(" + U.Args[1] + ")";
    replaceAll(U.Whole);
    if (knowsModule(E)) {
      const std::string Create = Prefix + "_create_sequence(" +
                                 moduleIn(U.Function) + ", " + U.Args[1] +
                                 ", &" + access(E) + ")";
      UsesSequence = true;
      const Function &F = I.Functions.at(U.Function);
      if (!U.Statement.valid())
        edit(U.Whole, Create);
      else
        replaceStatement(U.Statement,
                         "if (" + Create + " < 0)\n" + indentAt(U.Statement) +
                             In + "return" +
                             (F.Returns == Function::Void ? ""
                              : F.Returns == Function::Pointer &&
                                      U.Function != BodyKey
                                  ? " NULL"
                                  : " -1") +
                             ";",
                         U.NeedsBraces);
      continue;
    }
    if (!U.Statement.valid() || U.NeedsBraces) {
      // `... < 0` becomes `(...) == NULL`.
      StringRef T = I.Files[U.Whole.File].Text;
      StringRef Rest = T.substr(U.Whole.End).ltrim();
      Place Whole = U.Whole;
      for (StringRef Test : {"< 0", "<0", "!= 0", "== -1"})
        if (Whole == U.Whole && Rest.starts_with(Test))
          Whole.End = Rest.data() - T.data() + Test.size();
      replaceAll(Whole);
      if (Whole == U.Whole)
        edit(Whole, "((" + New + ") == NULL ? -1 : 0)");
      else
        edit(Whole, "(" + New + ") == NULL");
      continue;
    }
    const Function &F = I.Functions.at(U.Function);
    const bool Pointer =
        F.Returns == Function::Pointer && U.Function != BodyKey;
    std::string Ind = indentAt(U.Statement);
    replaceStatement(U.Statement,
                     New + ";\n" + Ind + "if (" + access(E) + " == NULL)\n" +
                         Ind + In + "return" +
                         (F.Returns == Function::Void ? ""
                          : Pointer                   ? " NULL"
                                                      : " -1") +
                         ";",
                     false);
  }
}

void Rewriter::registerType(Entity &E) {
  // A static type could be given references that nobody gives back.
  std::vector<const ApiUse *> Increments;
  unsigned Given = 0;
  for (const ApiUse &U : I.Uses) {
    if (U.Type != E.V->Key || RunTime.count(U.Function))
      continue;
    if (U.Name == "Py_INCREF" || U.Name == "Py_XINCREF")
      Increments.push_back(&U);
    else if (U.Name == "PyModule_AddObject")
      ++Given;
  }
  while (Increments.size() > Given && Increments.back()->Statement.valid() &&
         !Increments.back()->NeedsBraces) {
    Place S = Increments.back()->Statement;
    replaceAll(S);
    edit(wholeLine(S), "");
    Increments.pop_back();
  }
  for (const ApiUse &U : I.Uses) {
    if (U.Type != E.V->Key || U.Name != "PyModule_AddObject" ||
        U.Args.size() != 3 || !U.Whole.valid())
      continue;
    bool Increased = any_of(I.Uses, [&](const ApiUse &Other) {
      return (Other.Name == "Py_INCREF" || Other.Name == "Py_XINCREF") &&
             Other.Type == E.V->Key && Other.Function == U.Function;
    });
    if (Increased)
      continue;
    if (U.Statement.valid())
      insertBefore(U.Statement, "Py_INCREF(" + access(E) + ");", U.NeedsBraces);
    else {
      replaceAll(U.Whole);
      edit(U.Whole, "PyModule_AddType(" + U.Args[0] + ", " + access(E) + ")");
    }
  }
}

void Rewriter::rewriteAllocations() {
  if (!anyType())
    return;
  for (const ApiUse &U : I.Uses) {
    const bool Raw = StringRef(U.Name).starts_with("_PyObject_New");
    const bool Var = U.Name == "PyObject_NewVar" ||
                     U.Name == "PyObject_NEW_VAR" ||
                     U.Name == "_PyObject_NewVar";
    if (!Raw && !Var && U.Name != "PyObject_New" && U.Name != "PyObject_NEW")
      continue;
    const size_t Which = Raw ? 0 : 1; // Of the arguments is the type.
    if (!U.Whole.valid() || U.Args.size() <= Which)
      continue;
    std::string Type;
    if (moves(U.Type) && needsNoCollector(Entities.at(U.Type)))
      continue;
    if (moves(U.Type))
      Type = access(Entities.at(U.Type));
    else if (U.Type.empty() && !StringRef(U.Args[Which]).contains('&'))
      Type = U.Args[Which]; // Whatever it is: each type has tp_alloc.
    else
      continue;
    replaceAll(U.Whole);
    // A cast that is there already.
    std::string Cast = Raw ? "" : "(" + U.Args[0] + " *)";
    StringRef Before =
        StringRef(I.Files[U.Whole.File].Text).take_front(U.Whole.Begin).rtrim();
    if (Before.consume_back(")") && Before.rtrim().ends_with("*")) {
      Before = Before.rtrim().drop_back().rtrim();
      if (Before.ends_with(U.Args[0]) || Before.ends_with("(PyObject"))
        Cast.clear();
    }
    edit(U.Whole, Cast + Type + "->tp_alloc(" + Type + ", " +
                      (Var && U.Args.size() > Which + 1 ? U.Args[Which + 1] : "0") +
                      ")");
  }
}

} // namespace pyext::migrate
