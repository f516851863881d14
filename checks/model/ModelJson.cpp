//===- ModelJson.cpp - The model as JSON ----------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "model/ExtensionModel.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace clang;
using namespace llvm;

namespace pyext::model {

namespace {

class Printer {
public:
  Printer(const ExtensionModel &M, raw_ostream &OS)
      : M(M), SM(M.context().getSourceManager()), J(OS, 2) {}

  void print() {
    const Preprocessing &PP = M.preprocessing();
    J.objectBegin();
    J.attribute("file", fileName(SM.getLocForStartOfFile(SM.getMainFileID())));
    J.attribute("python", "3." + std::to_string(PP.pythonMinor()));
    J.attribute("free_threaded", PP.freeThreaded());
    if (M.isGenerated())
      J.attribute("generator", M.generator());
    J.attributeArray("modules", [&] {
      for (const Module &Mod : M.modules())
        J.object([&] { module(Mod); });
    });
    J.attributeArray("types", [&] {
      for (const TypeObject &T : M.types())
        J.object([&] { type(T); });
    });
    J.attributeArray("functions", [&] {
      for (const auto &F : M.functions())
        J.object([&] { function(*F); });
    });
    J.attributeArray("state", [&] {
      for (const StateVariable &S : M.state())
        J.object([&] { state(S); });
    });
    J.attributeArray("not_analysed", [&] {
      for (const auto &Entry : M.notAnalysed())
        J.object([&] {
          J.attribute("function", Entry.first->getQualifiedNameAsString());
          J.attribute("reason", Entry.second);
        });
    });
    J.objectEnd();
  }

private:
  std::string fileName(SourceLocation Loc) const {
    return sys::path::filename(SM.getFilename(SM.getExpansionLoc(Loc))).str();
  }

  /// "file.c:12"; functions and accesses are found by their line.
  std::string at(SourceLocation Loc) const {
    if (Loc.isInvalid())
      return "";
    return fileName(Loc) + ":" +
           std::to_string(SM.getExpansionLineNumber(Loc));
  }

  void names(StringRef Key, ArrayRef<const VarDecl *> Decls) {
    if (Decls.empty())
      return;
    J.attributeArray(Key, [&] {
      for (const VarDecl *VD : Decls)
        J.value(VD->getNameAsString());
    });
  }

  void named(StringRef Key, const NamedDecl *D) {
    if (D)
      J.attribute(Key, D->getNameAsString());
  }

  void contexts(uint8_t Set) {
    J.attributeArray("contexts", [&] {
      if (Set & InitContext)
        J.value("init");
      if (Set & RunContext)
        J.value("run");
      if (Set & DeadContext)
        J.value("dead");
      if (Set & ForeignContext)
        J.value("foreign");
      if (Set & UnloadContext)
        J.value("unload");
    });
  }

  void locks(ArrayRef<flow::Lock> Locks) {
    if (Locks.empty())
      return;
    J.attributeArray("locks", [&] {
      for (const flow::Lock &L : Locks)
        J.value(flow::toString(L.Kind).str() + " " + L.Key);
    });
  }

  void module(const Module &Mod) {
    J.attribute("name", Mod.Name);
    J.attribute("init", toString(Mod.Init));
    J.attribute("at", at(Mod.Loc));
    named("function", Mod.InitFunction);
    named("definition", Mod.Definition);
    if (Mod.Size)
      J.attribute("size", *Mod.Size);
    if (Mod.State)
      J.attribute("state", recordName(Mod.State));
    J.attribute("slots_visible", Mod.SlotsVisible);
    J.attributeArray("slots", [&] {
      for (const Slot &S : Mod.Slots)
        J.object([&] {
          J.attribute("slot", S.Name);
          J.attribute("value", S.Value);
          J.attribute("at", at(S.Loc));
        });
    });
    names("method_tables", Mod.MethodTables);
    named("traverse", Mod.Traverse);
    named("clear", Mod.Clear);
    named("free", Mod.Free);
    if (Mod.SetGilCall)
      J.attribute("set_gil", at(Mod.SetGilCall->getBeginLoc()));
    if (!Mod.BindingTags.empty())
      J.attributeArray("tags", [&] {
        for (const std::string &T : Mod.BindingTags)
          J.value(T);
      });
  }

  static std::string recordName(const RecordDecl *RD) {
    if (const auto *T = RD->getTypedefNameForAnonDecl())
      return T->getNameAsString();
    return RD->getNameAsString();
  }

  void type(const TypeObject &T) {
    J.attribute("name", T.Name);
    J.attribute("kind", T.Static ? "static" : "spec");
    J.attribute("at", at(T.Loc));
    named("object", T.Object);
    if (T.Instance)
      J.attribute("instance", recordName(T.Instance));
    J.attributeObject("slots", [&] {
      for (const auto &[Name, FD] : T.Slots)
        J.attribute(Name, FD->getNameAsString());
    });
    names("method_tables", T.MethodTables);
    names("getset_tables", T.GetSetTables);
    if (!T.Members.empty())
      J.attributeArray("members", [&] {
        for (const FieldDecl *F : T.Members)
          J.value(F->getNameAsString());
      });
  }

  void function(const Function &F) {
    J.attribute("name", F.Decl->getQualifiedNameAsString());
    J.attribute("at", at(F.Decl->getLocation()));
    contexts(F.Contexts);
    if (F.PresumedInit)
      J.attribute("presumed_init", true);
    if (F.Generated)
      J.attribute("generated", true);
    if (!F.Entries.empty())
      J.attributeArray("entries", [&] {
        for (const EntryPoint &E : F.Entries)
          J.object([&] {
            J.attribute("kind", toString(E.Kind));
            J.attribute("name", E.Name);
            if (E.Type)
              J.attribute("type", E.Type->Name);
          });
      });
    if (F.Locks && !F.Locks->regions().empty())
      J.attributeArray("regions", [&] {
        for (const flow::LexicalRegion &R : F.Locks->regions())
          J.object([&] {
            J.attribute("kind", R.Kind == flow::LexicalRegion::Locked
                                    ? "locked"
                                    : "detached");
            J.attribute("macro", R.Open->Name);
            if (!R.Open->Wrapper.empty())
              J.attribute("wrapper", R.Open->Wrapper);
            J.attribute("begin", at(R.Begin));
            J.attribute("end", at(R.End));
            locks(R.Locks);
          });
      });
    locks(M.locksAt(F.Decl, F.Decl->getBody()));
  }

  void state(const StateVariable &S) {
    std::string Name = S.Decl->getNameAsString();
    if (const auto *F = dyn_cast<FieldDecl>(S.Decl))
      Name = recordName(F->getParent()) + "." + Name;
    J.attribute("name", Name);
    J.attribute("kind", toString(S.Kind));
    J.attribute("at", at(S.Decl->getLocation()));
    J.attribute("type", S.Decl->getType().getAsString());
    for (auto [Key, Value] : {std::pair{"holds_objects", S.HoldsObjects},
                              {"thread_local", S.ThreadLocal},
                              {"synchronization", S.Synchronization},
                              {"definition_table", S.DefinitionTable},
                              {"constant", S.Constant},
                              {"generated", S.Generated},
                              {"header_table", S.HeaderTable}})
      if (Value)
        J.attribute(Key, true);
    J.attributeArray("accesses", [&] {
      for (const Access &A : S.Accesses)
        J.object([&] {
          J.attribute("kind", toString(A.Kind));
          J.attribute("at", at(A.Where->getBeginLoc()));
          if (A.Function)
            J.attribute("function", A.Function->getQualifiedNameAsString());
          if (A.Resets)
            J.attribute("resets", true);
          locks(A.Locks);
        });
    });
  }

  const ExtensionModel &M;
  const SourceManager &SM;
  json::OStream J;
};

} // namespace

void ExtensionModel::printJSON(raw_ostream &OS) const {
  Printer(*this, OS).print();
  OS << '\n';
}

} // namespace pyext::model
