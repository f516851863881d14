//===- IndexTypes.cpp - Types, and the tables of types and modules --------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexer.h"
#include "Pointers.h"

using namespace clang;
using namespace llvm;

namespace pyext::migrate {

bool isTypeObject(QualType T) {
  return model::elementTypeName(T) == "PyTypeObject" ||
         model::elementTypeName(T) == "_typeobject";
}

/// Slot functions that are called with the object as either operand.
static bool isBinary(StringRef Field) {
  static const std::set<StringRef> Names{
      "nb_add",         "nb_subtract",
      "nb_multiply",    "nb_remainder",
      "nb_divmod",      "nb_power",
      "nb_lshift",      "nb_rshift",
      "nb_and",         "nb_xor",
      "nb_or",          "nb_floor_divide",
      "nb_true_divide", "nb_matrix_multiply"};
  return Names.count(Field);
}

Root rootOf(StringRef Field) {
  if (Field == "tp_new" || Field == "tp_alloc")
    return Root::TypeSlot;
  static const std::set<StringRef> Dying{
      "tp_dealloc", "tp_traverse", "tp_clear", "tp_finalize",
      "tp_del",     "tp_free",     "tp_is_gc"};
  if (Dying.count(Field))
    return Root::Dying;
  return isBinary(Field) ? Root::BinarySlot : Root::SelfSlot;
}

void Indexer::addRoot(const FunctionDecl *FD, Root R, const std::string &Of) {
  if (!FD || !ours(FD))
    return;
  Function &F = I.Functions[keyOf(FD)];
  F.Key = keyOf(FD);
  F.Name = FD->getNameAsString();
  for (const auto &Old : F.Roots)
    if (Old.first == R && Old.second == Of)
      return;
  F.Roots.push_back({R, Of});
}

void Indexer::noteMethods(const VarDecl *VD) {
  auto &Entries = I.MethodTables[keyOf(VD)];
  if (!VD->getInit())
    return;
  Entries.clear();
  auto Read = [&](const InitListExpr *Element) {
    const Expr *Meth = model::fieldInit(Element, "ml_meth");
    const FunctionDecl *FD = Meth ? model::functionOf(Meth) : nullptr;
    if (!FD)
      return;
    const Expr *Flags = model::fieldInit(Element, "ml_flags");
    int Value = Flags ? int(model::integerOf(Flags, Context).value_or(0)) : 0;
    Place Static;
    if (Place P = Flags ? written(Flags->getSourceRange()) : Place(); P.valid())
      if (size_t At = I.text(P).find("METH_STATIC"); At != StringRef::npos)
        Static = {P.File, unsigned(P.Begin + At), unsigned(P.Begin + At + 11)};
    Entries.push_back({keyOf(FD), Value, Static});
  };
  if (VD->getType()->isArrayType())
    model::forEachElement(VD, Read);
  else if (const InitListExpr *List = model::initializerList(VD))
    Read(List);
}

void Indexer::noteGetSets(const VarDecl *VD) {
  if (!VD->getInit())
    return;
  model::forEachElement(VD, [&](const InitListExpr *Element) {
    for (StringRef Field : {"get", "set"})
      if (const Expr *E = model::fieldInit(Element, Field))
        addRoot(model::functionOf(E), Root::SelfSlot, keyOf(VD));
  });
}

void Indexer::noteSpecSlots(const VarDecl *VD) {
  if (!VD->getInit())
    return;
  model::forEachElement(VD, [&](const InitListExpr *Element) {
    const Expr *Id = model::fieldInit(Element, "slot");
    const Expr *Value = model::fieldInit(Element, "pfunc");
    if (!Id || !Value)
      return;
    StringRef Macro =
        PP.macroName(model::stripped(Id)->getBeginLoc(), [](StringRef N) {
          return facts::findTypeSlotByMacro(N) != nullptr;
        });
    if (const facts::TypeSlot *Row = facts::findTypeSlotByMacro(Macro))
      addRoot(model::functionOf(Value), rootOf(Row->TpField), keyOf(VD));
  });
}

void Indexer::noteDefinition(const VarDecl *VD) {
  const InitListExpr *List = model::initializerList(VD);
  if (!List || !VD->getInit())
    return;
  ModuleInfo &M = Definitions[keyOf(VD)];
  M = {};
  M.Definition = keyOf(VD);
  M.DefName = VD->getNameAsString();
  M.DefStatic = VD->getFormalLinkage() != Linkage::External;
  for (StringRef Field : {"m_name", "m_doc", "m_size", "m_methods", "m_slots",
                          "m_traverse", "m_clear", "m_free"}) {
    const Expr *E = model::fieldInit(List, Field);
    if (E)
      setDefinitionField(M, Field, E);
  }
  Variable &V = I.Variables[keyOf(VD)];
  M.MacroMade = VD->getLocation().isMacroID();
  for (const Place &P : V.Declarations)
    if (I.text(P).contains("m_") || I.text(P).contains('{') ||
        I.text(P).contains("PyModuleDef_HEAD_INIT") ||
        (M.MacroMade && V.Declarations.size() == 1))
      M.DefDeclaration = P;
}

void Indexer::setDefinitionField(ModuleInfo &M, StringRef Field,
                                 const Expr *E) {
  if (model::isNullOrZero(E, Context) && Field != "m_size")
    return;
  M.DefFields.push_back({Field.str(), textOf(E)});
  if (Field == "m_size") {
    if (std::optional<int64_t> N = model::integerOf(E, Context)) {
      M.Size = *N;
      M.SizeKnown = true;
    }
    if (const RecordDecl *RD = model::sizeofRecord(E)) {
      if (RD->getDefinition()) {
        Place End = token(RD->getDefinition()->getBraceRange().getEnd());
        if (End.valid())
          M.StateEnd = {End.File, End.Begin, End.Begin};
        const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl();
        M.StateDeclaration = withSemicolon(written(
            TD ? TD->getSourceRange() : RD->getDefinition()->getSourceRange()));
        for (const FieldDecl *F : RD->getDefinition()->fields())
          if (std::optional<Place> Type = ownTypeEnd(F->getType()))
            M.StateTypes.push_back(*Type);
      }
      M.StateStruct =
          RD->getNameAsString().empty() && RD->getTypedefNameForAnonDecl()
              ? RD->getTypedefNameForAnonDecl()->getNameAsString()
              : RD->getNameAsString();
    }
  } else if (Field == "m_name") {
    M.FullName = model::stringOf(model::stripped(E));
  } else if (Field == "m_methods") {
    if (const VarDecl *T = model::variableOf(E))
      M.MethodTables.push_back(keyOf(T));
  } else if (Field == "m_slots") {
    if (const VarDecl *T = model::variableOf(E))
      readSlots(T, M);
  } else if (const FunctionDecl *FD = model::functionOf(E)) {
    addRoot(FD, Root::ModuleHook, M.Definition);
    (Field == "m_traverse" ? M.Traverse
     : Field == "m_clear"  ? M.Clear
                           : M.Free) = keyOf(FD);
  }
}

void Indexer::noteDefinitionField(const VarDecl *VD, StringRef Field,
                                  const BinaryOperator *B) {
  auto Known = Definitions.find(keyOf(VD));
  if (Known == Definitions.end())
    return;
  ModuleInfo &M = Known->second;
  bool Braces = false;
  Place W = written(B->getSourceRange());
  Place Statement = W.valid() ? statementOf(B, W, Braces) : Place();
  const VarDecl *Value = model::variableOf(B->getRHS());
  if (!Statement.valid() || Braces || (Value && !Value->hasGlobalStorage()))
    M.Refused = "'" + Field.str() +
                "' of its PyModuleDef is assigned where "
                "it cannot be moved to the definition";
  M.DefAssignments.push_back(Statement);
  if (Field == "m_reload")
    Field = "m_slots";
  erase_if(M.DefFields, [&](const auto &F) { return F.first == Field; });
  setDefinitionField(M, Field, B->getRHS());
}

void Indexer::readSlots(const VarDecl *T, ModuleInfo &M) {
  model::forEachElement(T, [&](const InitListExpr *Element) {
    const Expr *Id = model::fieldInit(Element, "slot");
    const Expr *Value = model::fieldInit(Element, "value");
    if (!Id || model::isNullOrZero(Id, Context)) {
      Place P = written(Element->getSourceRange());
      if (P.valid())
        M.SlotsEnd = {P.File, P.Begin, P.Begin};
      return;
    }
    StringRef Macro =
        PP.macroName(model::stripped(Id)->getBeginLoc(), [](StringRef N) {
          return facts::findModuleSlot(N) != nullptr;
        });
    M.Slots.insert(Macro.str());
    if (Value)
      M.SlotValues[Macro.str()] = written(Value->getSourceRange());
    if (Value)
      if (const FunctionDecl *FD = model::functionOf(Value)) {
        addRoot(FD, Macro == "Py_mod_exec" ? Root::Init : Root::ModuleHook,
                keyOf(T));
        if (Macro == "Py_mod_exec" && M.Exec.empty())
          M.Exec = keyOf(FD);
      }
  });
}

std::string Indexer::typeKey(const Expr *E) {
  const VarDecl *VD = model::variableOf(E);
  return VD && VD->hasGlobalStorage() && isTypeObject(VD->getType()) && ours(VD)
             ? keyOf(VD)
             : "";
}

/// Whether something in it may lead to an object, its head aside.
bool Indexer::mayHoldObjects(const RecordDecl *RD,
                             std::set<const RecordDecl *> &Seen) {
  RD = RD->getDefinition();
  if (!RD)
    return true;
  if (!Seen.insert(RD).second)
    return false;
  if (const auto *CXX = dyn_cast<CXXRecordDecl>(RD); CXX && !CXX->isPOD())
    return true;
  for (const FieldDecl *F : RD->fields()) {
    QualType T = QualType(F->getType()->getBaseElementTypeUnsafe(), 0);
    // A `void *` that is none.
    if (const auto *TT = T->getAs<TypedefType>();
        TT && identifierOf(TT->getDecl()) == "PyThread_type_lock")
      continue;
    const bool Pointer = T->isPointerType();
    while (T->isPointerType())
      T = QualType(T->getPointeeType()->getBaseElementTypeUnsafe(), 0);
    if (T->isFunctionType() || T->isArithmeticType() || T->isEnumeralType())
      continue;
    const RecordDecl *Inner = T->getAsRecordDecl();
    const bool Object = Inner && model::ExtensionModel::isObjectRecord(Inner);
    if (Object && !Pointer && !ours(Inner))
      continue;
    if (!Inner || (Object && Pointer) || mayHoldObjects(Inner, Seen))
      return true;
  }
  return false;
}

void Indexer::noteType(const VarDecl *VD) {
  const InitListExpr *List = model::initializerList(VD);
  if (!List || !VD->getInit() || isAllZero(VD->getInit()))
    return; // `= {0}` is filled at run time.
  StaticType &T = I.Types[keyOf(VD)];
  if (!T.Key.empty())
    return; // Known from another configuration.
  T.Key = keyOf(VD);
  T.Name = VD->getNameAsString();
  for (const Place &P : I.Variables[T.Key].Declarations)
    if (I.text(P).contains('='))
      T.Definition = P;
  if (!T.Definition.valid())
    T.Refused = "its definition is not written as one variable";
  else if (hasForeignDirective(T.Definition) && !readConditionals(T))
    T.Refused = "its initialiser depends on a preprocessor condition";
  const RecordDecl *RD = List->getType()->getAsRecordDecl();
  for (const FieldDecl *F : RD->fields())
    if (const Expr *E = model::fieldInit(List, F->getName()))
      readTypeField(T, F->getName(), E);
  if (const Expr *Base = model::fieldInit(List, "ob_base"))
    checkMetaclass(T, Base);
  if (T.Flags.empty()) {
    T.Flags = "Py_TPFLAGS_DEFAULT";
    T.Subclassable = false;
  }
}

StringRef Indexer::firstFieldOf(const RecordDecl *RD) {
  RD = RD ? RD->getDefinition() : nullptr;
  return RD && !RD->field_empty() ? RD->field_begin()->getName() : StringRef();
}

void Indexer::noteSlotTable(const VarDecl *VD) {
  auto &Slots = I.SlotTables[keyOf(VD)];
  const InitListExpr *List = model::initializerList(VD);
  const RecordDecl *RD = List ? List->getType()->getAsRecordDecl() : nullptr;
  if (!RD || !VD->getInit() || !Slots.empty())
    return;
  StaticType T;
  for (const Place &P : I.Variables[keyOf(VD)].Declarations)
    if (hasForeignDirective(P))
      return void(I.SlotTables.erase(keyOf(VD)));
  for (const FieldDecl *F : RD->fields())
    if (const Expr *E = model::fieldInit(List, F->getName()))
      readTypeField(T, F->getName(), E);
  if (T.Refused.empty())
    Slots = T.Slots;
  else
    I.SlotTables.erase(keyOf(VD));
}

std::vector<std::string> Indexer::valuesIn(StringRef Text) {
  std::string Clean;
  for (size_t At = 0; At < Text.size(); ++At) {
    if (Text.substr(At).starts_with("/*"))
      At = std::min(Text.find("*/", At), Text.size() - 2) + 1;
    else if (Text.substr(At).starts_with("//"))
      At = std::min(Text.find('\n', At), Text.size());
    else
      Clean += Text[At];
  }
  std::vector<std::string> Out = splitArguments("(" + Clean + ")");
  while (!Out.empty() && Out.back().empty())
    Out.pop_back();
  return Out;
}

bool Indexer::readConditionals(StaticType &T) {
  StringRef All = I.Files[T.Definition.File].Text;
  StaticType::Conditional Now;
  std::string Other;
  size_t Begin = 0;
  bool Open = false, InElse = false, Version = false;
  std::vector<std::pair<size_t, size_t>> Branches;
  for (size_t At = T.Definition.Begin; At < T.Definition.End;) {
    const size_t End = std::min(All.find('\n', At), All.size());
    StringRef L = All.slice(At, End).trim();
    if (L.consume_front("#")) {
      L = L.ltrim();
      if (L.starts_with("if")) {
        if (Open)
          return false;
        Version = !hasForeignDirective(
            {T.Definition.File, unsigned(At), unsigned(End)});
        Open = true;
        InElse = false;
        Branches.clear();
        Now.If = All.slice(At, End).trim().str();
        Begin = End;
      } else if (L.starts_with("else") && Open && !InElse) {
        Branches.push_back({Begin, At});
        InElse = true;
        Begin = End;
      } else if (L.starts_with("endif") && Open) {
        Branches.push_back({Begin, At});
        Open = false;
        if (!Version && !addConditional(T, Now.If, Branches))
          return false;
      } else if (!L.starts_with("define")) {
        return false;
      }
    }
    At = End + 1;
  }
  return !Open;
}

bool Indexer::addConditional(StaticType &T, StringRef If,
                             ArrayRef<std::pair<size_t, size_t>> Branches) {
  StringRef All = I.Files[T.Definition.File].Text;
  const std::vector<std::string> First =
      valuesIn(All.slice(Branches[0].first, Branches[0].second));
  std::vector<std::string> Second;
  if (Branches.size() == 2)
    Second = valuesIn(All.slice(Branches[1].first, Branches[1].second));
  // `.tp_x = value`
  auto Named = [](StringRef Value) { return Value.starts_with("."); };
  if (First.size() != 1 || Second.size() > 1 ||
      (Second.empty() && !Named(First[0])) ||
      (Second.size() == 1 && Named(First[0]) != Named(Second[0])) ||
      (Second.size() == 1 && Named(First[0]) &&
       StringRef(First[0]).split('=').first.trim() !=
           StringRef(Second[0]).split('=').first.trim()))
    return false;
  auto Bare = [&](StringRef Value) {
    StringRef V = Named(Value) ? Value.split('=').second.trim() : Value;
    return V == "0" || V == "NULL" ? "" : V.str();
  };
  // Which branch is compiled shows when its value is read.
  for (unsigned N = 0; N < Branches.size(); ++N) {
    StaticType::Conditional C;
    C.Compiled = {T.Definition.File, unsigned(Branches[N].first),
                  unsigned(Branches[N].second)};
    C.If = If.str();
    if (N == 0) {
      C.Else = Second.empty() ? "" : Bare(Second[0]);
    } else {
      // What stands before the #else is the other value.
      StringRef D = If.drop_front(1).ltrim();
      if (D.consume_front("ifdef"))
        C.If = ("#ifndef" + D).str();
      else if (D.consume_front("ifndef"))
        C.If = ("#ifdef" + D).str();
      else if (D.consume_front("if"))
        C.If = ("#if !(" + D.trim() + ")").str();
      C.Else = Bare(First[0]);
    }
    T.Conditionals.push_back(C);
  }
  return true;
}

bool Indexer::hasForeignDirective(Place P) {
  StringRef T = I.text(P);
  size_t At = 0;
  while ((At = T.find('#', At)) != StringRef::npos) {
    size_t Line = T.rfind('\n', At);
    StringRef Before = T.slice(Line == StringRef::npos ? 0 : Line + 1, At);
    if (Before.trim().empty()) {
      StringRef D =
          T.substr(At + 1).take_until([](char C) { return C == '\n'; }).trim();
      bool Version = D.starts_with("endif") || D.starts_with("else") ||
                     D.contains("PY_VERSION_HEX") ||
                     D.contains("PY_MAJOR_VERSION") ||
                     D.contains("Py_TPFLAGS_") || holdsForPython3(D) >= 0;
      if (!Version)
        return true;
    }
    ++At;
  }
  return false;
}

void Indexer::checkMetaclass(StaticType &T, const Expr *Base) {
  struct Finder : RecursiveASTVisitor<Finder> {
    const VarDecl *Found = nullptr;
    bool VisitDeclRefExpr(DeclRefExpr *E) {
      if (auto *VD = dyn_cast<VarDecl>(E->getDecl()))
        Found = VD;
      return true;
    }
  } F;
  F.TraverseStmt(const_cast<Expr *>(Base));
  if (F.Found && F.Found->getName() != "PyType_Type")
    T.Refused = "its metaclass is not 'type'";
}

std::string Indexer::withDirectives(const Expr *E, const std::string &Text) {
  const size_t Opened =
      StringRef(Text).count("#if") + StringRef(Text).count("# if");
  size_t Closed = StringRef(Text).count("endif");
  Place P = written(E->getSourceRange());
  if (Opened == Closed || !P.valid() || I.text(P) != Text)
    return Text;
  StringRef All = I.Files[P.File].Text;
  size_t End = P.End;
  for (; Closed < Opened && End != StringRef::npos; ++Closed) {
    End = All.find("endif", End);
    End = End == StringRef::npos ? End : End + 5;
  }
  if (End == StringRef::npos)
    return Text;
  End = All.find('\n', End);
  return All.slice(P.Begin, End == StringRef::npos ? End : End + 1).str();
}

const RecordDecl *Indexer::instanceIn(const Expr *E) {
  if (const RecordDecl *RD = model::sizeofRecord(E))
    return RD;
  E = E->IgnoreParenCasts();
  if (const auto *O = dyn_cast<OffsetOfExpr>(E))
    return O->getTypeSourceInfo()->getType()->getAsRecordDecl();
  if (const auto *B = dyn_cast<BinaryOperator>(E))
    return instanceIn(B->getLHS());
  return nullptr;
}

void Indexer::readTypeField(StaticType &T, StringRef Field, const Expr *E) {
  if (model::isNullOrZero(E, Context))
    return;
  static const std::set<StringRef> NotSettable{
      "tp_dict",       "tp_mro",      "tp_cache",
      "tp_subclasses", "tp_weaklist", "tp_version_tag",
      "tp_bases",      "tp_watched",  "tp_versions_used"};
  if (NotSettable.count(Field)) {
    T.Refused = "it initialises " + Field.str();
    return;
  }
  if (Field == "ob_base")
    return;
  std::string Text = textOf(E);
  const StaticType::Conditional *Below = nullptr;
  if (!T.Conditionals.empty()) {
    const Place P = written(E->getSourceRange());
    for (const StaticType::Conditional &C : T.Conditionals)
      if (P.valid() && P.File == C.Compiled.File &&
          P.Begin >= C.Compiled.Begin && P.End <= C.Compiled.End)
        Below = &C;
  }
  if (Below) {
    const size_t Before = T.Slots.size();
    static const std::set<StringRef> Plain{
        "tp_new",       "tp_init",    "tp_repr",        "tp_str",
        "tp_call",      "tp_hash",    "tp_iter",        "tp_iternext",
        "tp_getattr",   "tp_setattr", "tp_getattro",    "tp_setattro",
        "tp_doc",       "tp_getset",  "tp_richcompare", "tp_descr_get",
        "tp_descr_set", "tp_methods"};
    if (Plain.count(Field))
      addSlot(T, Field, E, Text);
    if (T.Slots.size() != Before + 1)
      T.Refused = "its initialiser depends on a preprocessor condition";
    else {
      T.Slots.back().If = Below->If;
      T.Slots.back().Else = Below->Else;
    }
    return;
  }
  const FunctionDecl *FD = model::functionOf(E);
  const VarDecl *VD = model::variableOf(E);
  if (Field == "tp_name") {
    T.TpName = model::stringOf(model::stripped(E));
    T.NameText = Text;
  } else if (Field == "tp_basicsize") {
    T.BasicSize = Text;
    if (const RecordDecl *RD = instanceIn(E)) {
      T.InstanceStruct = RD->getNameAsString();
      if (T.InstanceStruct.empty())
        if (const TypedefNameDecl *TD = RD->getTypedefNameForAnonDecl())
          T.InstanceStruct = TD->getNameAsString();
      InstanceOf[T.Key] = RD->getDefinition() ? RD->getDefinition() : RD;
      std::set<const RecordDecl *> Seen;
      T.HoldsObjects = mayHoldObjects(RD, Seen);
    }
  } else if (Field == "tp_itemsize") {
    T.ItemSize = Text;
  } else if (Field == "tp_flags") {
    T.Flags = withDirectives(E, Text);
    if (std::optional<int64_t> N = model::integerOf(E, Context)) {
      T.HasGc = *N & (1 << 14);
      T.Subclassable = *N & (1 << 10);
    }
  } else if (Field == "tp_base") {
    if (VD && ours(VD))
      T.Base = keyOf(VD);
    else
      T.ForeignBase = Text;
  } else if (Field == "tp_members") {
    if (VD) {
      T.Members = VD->getNameAsString();
      T.Slots.push_back({"Py_tp_members", T.Members, ""});
      memberEnd(VD, T);
    }
  } else if (Field == "tp_weaklistoffset") {
    T.Offsets.push_back("{\"__weaklistoffset__\", T_PYSSIZET, " + Text +
                        ", READONLY, NULL}");
  } else if (Field == "tp_dictoffset") {
    T.Offsets.push_back("{\"__dictoffset__\", T_PYSSIZET, " + Text +
                        ", READONLY, NULL}");
  } else if (Field == "tp_vectorcall_offset" || Field == "tp_print") {
    if (!FD)
      T.Offsets.push_back("{\"__vectorcalloffset__\", T_PYSSIZET, " + Text +
                          ", READONLY, NULL}");
  } else if (Field.starts_with("tp_as_")) {
    // `static PyNumberMethods foo_as_number;` above, and its definition below.
    const VarDecl *Defined = VD ? VD->getInitializingDeclaration() : nullptr;
    const InitListExpr *Sub = Defined ? model::initializerList(Defined) : nullptr;
    if (!Sub || !ours(VD)) {
      T.Refused = "its " + Field.str() + " is not a table of this extension";
      return;
    }
    T.SubTables.push_back(keyOf(VD));
    for (const Place &P : I.Variables[keyOf(VD)].Declarations)
      if (hasForeignDirective(P))
        T.Refused = "the initialiser of its " + Field.str() +
                    " depends on a preprocessor condition";
    if (const RecordDecl *RD = Sub->getType()->getAsRecordDecl())
      for (const FieldDecl *F : RD->fields())
        if (const Expr *Init = model::fieldInit(Sub, F->getName()))
          readTypeField(T, F->getName(), Init);
  } else if (Field == "tp_alloc" || Field == "tp_free") {
    StringRef Name = FD ? identifierOf(FD) : StringRef();
    if (Name != "PyType_GenericAlloc" && Name != "PyObject_Free" &&
        Name != "PyObject_GC_Del" && Name != "PyObject_Del")
      T.Refused = "it has an allocator of its own (" + Field.str() + ")";
  } else if (Field == "tp_vectorcall") {
    T.Refused = "tp_vectorcall has no slot before Python 3.14";
  } else if (Field == "nb_reserved" || Field.starts_with("was_")) {
    return;
  } else {
    addSlot(T, Field, E, Text);
  }
}

void Indexer::addSlot(StaticType &T, StringRef Field, const Expr *E,
                      const std::string &Text) {
  const facts::TypeSlot *Row = facts::findTypeSlotByField(Field);
  if (!Row || !*Row->SlotMacro) {
    T.Refused = "no slot sets " + Field.str();
    return;
  }
  StaticType::Slot S;
  S.Id = Row->SlotMacro;
  const FunctionDecl *FD = model::functionOf(E);
  const VarDecl *VD = model::variableOf(E);
  S.Value = FD ? FD->getNameAsString() : Text;
  if (FD && LO.CPlusPlus)
    S.Value = "(void *)" + S.Value;
  if (!FD && VD && Field != "tp_doc")
    S.Value = VD->getNameAsString();
  if (!FD && Field == "tp_doc" && VD)
    S.Value = "(void *)" + VD->getNameAsString();
  else if (!FD && LO.CPlusPlus)
    S.Value = "(void *)" + S.Value;
  if (FD && ours(FD)) {
    S.Function = keyOf(FD);
    addRoot(FD, rootOf(Field), T.Key);
  }
  if ((Field == "tp_methods" || Field == "tp_getset") && VD)
    T.Tables.push_back(keyOf(VD));
  if (Field == "tp_dealloc") {
    T.Dealloc = S.Function;
    if (S.Function.empty())
      T.ForeignDealloc = S.Value;
  }
  if (Field == "tp_traverse")
    T.Traverse = S.Function.empty() ? "?" : S.Function;
  if (Field == "tp_clear")
    T.Clear = S.Function.empty() ? "?" : S.Function;
  for (StaticType::Slot &Old : T.Slots)
    if (Old.Id == S.Id)
      return;
  T.Slots.push_back(S);
}

void Indexer::memberEnd(const VarDecl *VD, StaticType &T) {
  model::forEachElement(VD, [&](const InitListExpr *Element) {
    const Expr *Name = model::fieldInit(Element, "name");
    if (Name && !model::isNullOrZero(Name, Context))
      return;
    Place P = written(Element->getSourceRange());
    if (P.valid())
      T.MembersEnd = {P.File, P.Begin, P.Begin};
  });
}

} // namespace pyext::migrate
