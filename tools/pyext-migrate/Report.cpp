//===- Report.cpp - What became of each module ----------------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "Finding.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace pyext::migrate {

StringRef ModuleRun::status() const {
  if (!Refused.empty())
    return "refused";
  return Upto >= Level::Interpreters && !Options.ClaimOwnGil ? "partly"
                                                             : "done";
}

std::string shown(StringRef Path) {
  SmallString<256> Here;
  if (sys::fs::current_path(Here))
    return Path.str();
  return project::relativeTo(Here, Path);
}

static unsigned lineOf(const Index &I, Place P) {
  return StringRef(I.Files[P.File].Text).take_front(P.Begin).count('\n') + 1;
}

static StringRef nameOf(Level L) {
  switch (L) {
  case Level::MultiPhase:
    return "multi-phase";
  case Level::State:
    return "state";
  case Level::HeapTypes:
    return "heap-types";
  case Level::Interpreters:
    return "interpreters";
  case Level::Gil:
    return "gil";
  }
  llvm_unreachable("covered switch");
}

void printText(const ModuleRun &M, raw_ostream &OS) {
  if (!M.Refused.empty())
    return; // Said as an error.
  const Index &I = M.Before;
  auto Where = [&](Place P) {
    return P.valid() ? shown(I.Files[P.File].Path) + ":" +
                           std::to_string(lineOf(I, P)) + ": "
                     : std::string();
  };
  for (const Outcome &O : M.Result.Moved)
    OS << Where(O.Where) << O.What << ": moved to the module state\n";
  for (const Outcome &O : M.Result.Asking)
    OS << Where(O.Where) << O.What
       << ": reaches the state through the interpreter: " << O.Reason << "\n";
  for (const Outcome &O : M.Result.Left)
    OS << Where(O.Where) << O.What << ": left as it is: " << O.Reason << "\n";
  auto Evidence = [&](const std::vector<std::string> &List, StringRef What) {
    for (const std::string &Line : List)
      OS << "against " << What << ": " << Line << "\n";
  };
  if (M.Upto >= Level::Interpreters) {
    Evidence(M.After.SeveralInterpreters, "several interpreters");
    Evidence(M.After.OwnGil, "interpreters with their own GIL");
  }
  if (M.Upto >= Level::Gil)
    Evidence(M.After.WithoutGil, "running without the GIL");
  if (!M.Name.empty())
    OS << "module " << M.Name << ": ";
  OS << M.Result.Moved.size() << " moved, " << M.Result.Left.size() << " left; "
     << (M.Options.ClaimOwnGil && M.After.HidesSlots
             ? "claims interpreters with a GIL of their own, but not when it "
               "is built with this Py_LIMITED_API"
         : M.Options.ClaimOwnGil
             ? "claims interpreters with a GIL of their own"
             : "does not claim interpreters with a GIL of their own")
     << "; " << M.After.FunctionsSeen << " functions and "
     << M.After.VariablesSeen << " variables analysed, " << M.After.NotAnalysed
     << " functions not\n";
}

void printJson(ArrayRef<ModuleRun> Modules, raw_ostream &OS) {
  json::OStream J(OS, 2);
  auto Strings = [&](StringRef Name, const std::vector<std::string> &List) {
    J.attributeArray(Name, [&] {
      for (const std::string &Text : List)
        J.value(json::fixUTF8(Text));
    });
  };
  J.object([&] {
    J.attribute("version", 1);
    J.attributeArray("modules", [&] {
      for (const ModuleRun &M : Modules)
        J.object([&] {
          auto Outcomes = [&](StringRef Name,
                              const std::vector<Outcome> &List) {
            J.attributeArray(Name, [&] {
              for (const Outcome &O : List)
                J.object([&] {
                  J.attribute("what", json::fixUTF8(O.What));
                  if (O.Where.valid()) {
                    J.attribute("file",
                                json::fixUTF8(
                                    shown(M.Before.Files[O.Where.File].Path)));
                    J.attribute("line", lineOf(M.Before, O.Where));
                  }
                  if (!O.Reason.empty())
                    J.attribute("reason", json::fixUTF8(O.Reason));
                });
            });
          };
          J.attribute("module", M.Name);
          Strings("sources", M.Files);
          J.attribute("level", nameOf(M.Upto));
          J.attribute("status", M.status());
          if (!M.Refused.empty()) {
            J.attribute("reason", json::fixUTF8(M.Refused));
            return;
          }
          Outcomes("moved", M.Result.Moved);
          Outcomes("left", M.Result.Left);
          Outcomes("through_interpreter", M.Result.Asking);
          J.attributeObject("claims", [&] {
            J.attribute("own_gil", M.Options.ClaimOwnGil);
            J.attribute("no_gil", M.Options.ClaimNoGil);
          });
          J.attributeObject("against", [&] {
            Strings("several_interpreters", M.After.SeveralInterpreters);
            Strings("own_gil", M.After.OwnGil);
            Strings("no_gil", M.After.WithoutGil);
          });
          std::vector<std::string> Changed;
          for (const auto &[Path, Change] : M.Changes)
            Changed.push_back(shown(Path));
          Strings("files", Changed);
        });
    });
  });
  OS << "\n";
}

} // namespace pyext::migrate
