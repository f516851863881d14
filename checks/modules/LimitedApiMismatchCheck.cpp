//===- LimitedApiMismatchCheck.cpp - cpython-modules-limited-api-mismatch ---===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/LimitedApiMismatchCheck.h"
#include "model/Initializers.h"
#include "model/ModuleInit.h"
#include "facts/ApiRoles.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace llvm;

namespace pyext::modules {

/// What the ABI of all builds keeps closed, used in the main file.
void LimitedApiMismatchCheck::opaque(const model::ExtensionModel &Model) {
  const model::Preprocessing &PP = Model.preprocessing();
  if (llvm::none_of(facts::apiRoles(), [&](const facts::ApiRoleRow &Row) {
        return Row.Role == facts::ApiRole::TargetsAbi3t && PP.defined(Row.Name);
      }))
    return;
  const SourceManager &SM = Model.context().getSourceManager();
  const FileID File = SM.getMainFileID();
  MapVector<StringRef, std::pair<SourceLocation, unsigned>> Uses;
  PP.identifiers({SM.getLocForStartOfFile(File), SM.getLocForEndOfFile(File)},
                 [&](StringRef Name, SourceLocation Loc) {
                   if (!facts::hasRole(Name, facts::ApiRole::OpaqueInAbi3t) ||
                       PP.isSkipped(Loc))
                     return;
                   const StringRef Key = facts::findRoles(Name)[0].Name;
                   auto [It, New] = Uses.insert({Key, {Loc, 0}});
                   It->second.second += !New;
                 });
  for (const auto &[Name, Use] : Uses) {
    const bool OfModule = Name.contains("Module");
    diag(Use.first,
         "'%0' needs a struct that the stable ABI of all builds keeps closed; "
         "%select{fields of its own go behind it with a negative basicsize and "
         "'PyObject_GetTypeData'|an array of 'PySlot' that 'PyModExport_<name>' "
         "returns takes its place}1")
        << Name << OfModule;
    if (Use.second)
      diag(Use.first, "it is used in %0 more place%s0 of this file",
           DiagnosticIDs::Note)
          << Use.second;
  }
}

void LimitedApiMismatchCheck::analyze(const model::ExtensionModel &Model) {
  const model::Preprocessing &PP = Model.preprocessing();
  if (hazards().FreeThreading && !Model.isGenerated())
    opaque(Model);
  const std::optional<unsigned> Limited = PP.limitedApi();
  if (!Limited || !hazards().FreeThreading || Model.isGenerated())
    return;
  // 3 stands for the first version that had it.
  const unsigned Minor = std::max(2u, *Limited >> 16 & 0xFFu);
  const SourceManager &SM = Model.context().getSourceManager();
  struct Use {
    const facts::ApiVersion *Api;
    SourceLocation Loc;
    std::string Name;
    unsigned More = 0;
  };
  MapVector<StringRef, Use> Uses;
  for (const auto &F : Model.functions()) {
    if (F->Generated)
      continue;
    for (const model::CallSite &Site : F->Calls) {
      const StringRef Name = Site.Name;
      if (!Site.Call || Name.empty() || Model.function(Site.Callee))
        continue;
      const facts::ApiVersion *Api = facts::findApi(Name);
      if (!Api || (Api->LimitedSince && Api->LimitedSince <= Minor))
        continue;
      // A private function behind a macro of the Limited API.
      const SourceLocation Loc = Site.Call->getExprLoc();
      std::string Written = Name.str();
      if (Loc.isMacroID()) {
        bool Allowed = false;
        for (StringRef Macro : Model.preprocessing().macroNames(Loc))
          if (const facts::ApiVersion *Row = facts::findApi(Macro)) {
            Allowed |= Row->LimitedSince && Row->LimitedSince <= Minor;
            Written = Macro.str();
          }
        if (Allowed)
          continue;
      }
      auto [It, New] = Uses.try_emplace(
          Name, Use{Api, SM.getExpansionLoc(Loc), Written, 0});
      It->second.More += !New;
    }
  }
  for (const auto &[Name, U] : Uses) {
    diag(U.Loc, "'%0' is %select{not in the Limited API|in the Limited API only "
                "since Python %2}1; this file asks for that of Python %3")
        << U.Name << bool(U.Api->LimitedSince)
        << facts::PyVersion{U.Api->LimitedSince}.str()
        << facts::PyVersion{Minor}.str();
    if (U.More)
      diag(U.Loc, "it is used in %0 more place%s0 of this file",
           DiagnosticIDs::Note)
          << U.More;
  }
}

} // namespace pyext::modules
