//===- SlotContradiction.cpp ----------------------------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "modules/SlotContradiction.h"

using namespace clang;

namespace pyext::modules {

/// At most so many places are named in notes.
static constexpr size_t MaxShown = 6;

static std::string tagFor(facts::Promise Meaning) {
  std::string Tag;
  for (const facts::BindingTag &Row : facts::bindingTags())
    if (Row.Meaning == Meaning)
      Tag = Row.Name; // The last has the newest spelling.
  return Tag;
}

std::string Claim::spelledAs(facts::Promise Other) const {
  return Tag ? tagFor(Other) : facts::moduleSlotValue(Other).Name;
}

FixItHint Claim::change(const model::ExtensionModel &Model,
                        facts::Promise Other) const {
  if (Tag || ValueLoc.isInvalid())
    return {};
  return FixItHint::CreateReplacement(ValueLoc, spelledAs(Other));
}

std::optional<Claim> claimOf(const model::Module &Mod,
                             facts::ModuleSlotRole Role) {
  std::optional<facts::Promise> Meaning = model::promiseOf(Mod, Role);
  if (!Meaning)
    return std::nullopt;
  Claim C{*Meaning, Mod.Loc, facts::moduleSlotValue(*Meaning).Name, {}, false};
  if (const model::Slot *S = Mod.slot(Role)) {
    C.Loc = S->Loc;
    C.ValueLoc = S->ValueLoc;
  } else if (Role == facts::ModuleSlotRole::Gil && Mod.SetGilCall) {
    C.Loc = Mod.SetGilLoc;
    C.ValueLoc = Mod.SetGilValueLoc;
  } else if (Mod.Init == model::InitKind::Nanobind) {
    C.Tag = true;
    C.Spelled = "FREE_THREADED";
  } else {
    C.Tag = true;
    C.Spelled = tagFor(*Meaning);
  }
  return C;
}

void Contradiction::add(llvm::ArrayRef<model::Evidence> List) {
  for (const model::Evidence &E : List)
    if (E.Certain)
      Places.push_back(&E);
}

llvm::ArrayRef<const model::Evidence *> Contradiction::shown() const {
  return llvm::ArrayRef(Places).take_front(MaxShown);
}

} // namespace pyext::modules
