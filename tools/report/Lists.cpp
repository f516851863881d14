//===- Lists.cpp - The short forms: JSON, GitLab, GitHub ------------------===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "project/Catalogue.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

using namespace pyext;
using namespace pyext::report;
using project::Edit;
using project::Finding;
using project::LeftOut;
using project::Place;
using project::validUtf8;

void pyext::report::writeGitLab(const Report &R, llvm::raw_ostream &OS) {
  llvm::json::OStream J(OS, 1);
  J.array([&] {
    for (const Finding &F : R.Findings)
      J.object([&] {
        std::string Text = F.Message;
        for (const project::Note &N : F.Notes)
          Text += "\n" + (N.At.Line ? R.path(N.At.File) + ":" +
                                          std::to_string(N.At.Line) + ": "
                                    : "") +
                  N.Message;
        J.attribute("description", validUtf8(Text));
        J.attribute("check_name", F.Check);
        J.attribute("fingerprint", F.Fingerprint);
        J.attribute("severity", F.Error ? "critical" : "major");
        J.attributeObject("location", [&] {
          J.attribute("path", validUtf8(R.path(F.At.File)));
          J.attributeObject("lines", [&] { J.attribute("begin", F.At.Line); });
        });
      });
  });
  J.flush();
  OS << "\n";
}

/// \p Text for a workflow command of GitHub; \p Property: as a property.
static std::string escaped(llvm::StringRef Text, bool Property) {
  std::string Result;
  for (char C : Text) {
    if (C == '%')
      Result += "%25";
    else if (C == '\n')
      Result += "%0A";
    else if (C == '\r')
      Result += "%0D";
    else if (Property && C == ':')
      Result += "%3A";
    else if (Property && C == ',')
      Result += "%2C";
    else
      Result += C;
  }
  return Result;
}

void pyext::report::writeGitHub(const Report &R, llvm::raw_ostream &OS) {
  for (const Finding &F : R.Findings) {
    OS << "::" << (F.Error ? "error" : "warning")
       << " file=" << escaped(validUtf8(R.path(F.At.File)), true)
       << ",line=" << F.At.Line << ",col=" << F.At.Column
       << ",title=" << escaped(F.Check, true) << "::"
       << escaped(validUtf8(F.Message), false);
    for (const project::Note &N : F.Notes) {
      OS << "%0A";
      if (N.At.Line)
        OS << escaped(validUtf8(R.path(N.At.File)), false) << ":" << N.At.Line
           << ": ";
      OS << escaped(validUtf8(N.Message), false);
    }
    OS << "\n";
  }
  for (const LeftOut &L : R.Failed)
    OS << "::error file=" << escaped(validUtf8(R.path(L.File)), true)
       << ",title=not analysed::" << escaped(validUtf8(L.Reason), false)
       << "\n";
}

namespace {

class JsonWriter {
public:
  JsonWriter(const Report &R, llvm::raw_ostream &OS) : R(R), J(OS, 1) {}
  void write();

private:
  void strings(llvm::StringRef Key, llvm::ArrayRef<std::string> Values) {
    J.attributeArray(Key, [&] {
      for (const std::string &V : Values)
        J.value(validUtf8(V));
    });
  }
  void place(const Place &At) {
    if (At.Line == 0)
      return;
    J.attribute("file", validUtf8(R.path(At.File)));
    J.attribute("line", At.Line);
    J.attribute("column", At.Column);
  }
  void edits(llvm::ArrayRef<Edit> Edits) {
    J.attributeArray("fix", [&] {
      for (const Edit &E : Edits)
        J.object([&] {
          J.attribute("file", validUtf8(R.path(E.File)));
          J.attribute("offset", E.Offset);
          J.attribute("length", E.Length);
          J.attribute("text", validUtf8(E.Text));
        });
    });
  }
  void leftOut(llvm::StringRef Key, llvm::ArrayRef<LeftOut> List) {
    J.attributeArray(Key, [&] {
      for (const LeftOut &L : List)
        J.object([&] {
          J.attribute("file", validUtf8(R.path(L.File)));
          J.attribute("reason", validUtf8(L.Reason));
        });
    });
  }
  void evidence(llvm::StringRef Key,
                llvm::ArrayRef<project::EvidenceInfo> List) {
    J.attributeArray(Key, [&] {
      for (const project::EvidenceInfo &E : List)
        J.object([&] {
          J.attribute("file", validUtf8(R.path(E.File)));
          J.attribute("line", E.Line);
          J.attribute("what", validUtf8(E.What));
        });
    });
  }
  static llvm::StringRef name(Readiness Value) {
    switch (Value) {
    case Readiness::Unknown:
      return "unknown";
    case Readiness::Ready:
      return "ready";
    case Readiness::Contradicted:
      return "contradicted";
    case Readiness::Open:
      return "open";
    case Readiness::NotReady:
      return "not-ready";
    case Readiness::Declined:
      return "declined";
    }
    return "";
  }

  const Report &R;
  llvm::json::OStream J;
};

} // namespace

void JsonWriter::write() {
  J.object([&] {
    J.attribute("version", 1);
    J.attributeObject("tool", [&] {
      J.attribute("name", "pyext-tidy");
      J.attribute("version", R.Version);
      J.attribute("build", R.BuildId);
    });
    strings("builds", R.Builds);
    J.attributeObject("summary", [&] {
      auto Count = [&](bool Finding::*Hazard) {
        return int64_t(llvm::count_if(
            R.Findings, [&](const Finding &F) { return F.*Hazard; }));
      };
      J.attribute("findings", int64_t(R.Findings.size()));
      J.attribute("free_threading", Count(&Finding::FreeThreading));
      J.attribute("subinterpreters", Count(&Finding::Subinterpreters));
      J.attribute("in_baseline", R.Known);
      J.attribute("withheld", R.Withheld);
      J.attribute("on_unchanged_lines", R.Unchanged);
      J.attribute("files_analysed", R.FilesAnalysed);
      J.attribute("files_without_python", R.WithoutPython);
    });
    J.attributeArray("modules", [&] {
      for (const Module &M : R.Modules)
        J.object([&] {
          J.attribute("name", validUtf8(M.Info.Name));
          J.attribute("file", validUtf8(R.path(M.Info.File)));
          J.attribute("line", M.Info.Line);
          J.attribute("init", M.Info.Init);
          J.attribute("gil", M.Info.Gil);
          J.attribute("multiple_interpreters", M.Info.Interpreters);
          J.attribute("files", M.Files);
          J.attribute("files_not_analysed", M.Failed);
          J.attributeObject("free_threading", [&] {
            J.attribute("readiness", name(freeThreading(M)));
            J.attribute("findings", M.FreeThreading);
            evidence("evidence", M.AgainstFreeThreading);
          });
          J.attributeObject("subinterpreters", [&] {
            J.attribute("readiness", name(subinterpreters(M)));
            J.attribute("findings", M.Subinterpreters);
            evidence("evidence", M.AgainstInterpreters);
          });
        });
    });
    J.attributeArray("findings", [&] {
      for (const Finding &F : R.Findings)
        J.object([&] {
          J.attribute("check", F.Check);
          place(F.At);
          J.attribute("message", validUtf8(F.Message));
          J.attribute("fingerprint", F.Fingerprint);
          J.attributeArray("hazards", [&] {
            if (F.FreeThreading)
              J.value("free-threading");
            if (F.Subinterpreters)
              J.value("subinterpreters");
          });
          strings("modules", F.Modules);
          strings("builds", F.Builds);
          J.attributeArray("notes", [&] {
            for (const project::Note &N : F.Notes)
              J.object([&] {
                place(N.At);
                J.attribute("message", validUtf8(N.Message));
                if (!N.Edits.empty())
                  edits(N.Edits);
              });
          });
          if (!F.Edits.empty())
            edits(F.Edits);
        });
    });
    leftOut("not_analysed", R.Failed);
    leftOut("not_in_build", R.Skipped);
    leftOut("functions_not_analysed", R.Functions);
  });
  J.flush();
}

void pyext::report::writeJson(const Report &R, llvm::raw_ostream &OS) {
  JsonWriter(R, OS).write();
  OS << "\n";
}
