//===- Source.h - Macro-safe ranges and edits -------------------*- C++ -*-===//
//
// Part of pyext-tidy, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the AST calls a statement is not always what is written: a `return` can
// come out of a macro, the `;` belongs to no node, the body of an `if` may have
// no braces. Everything here answers in terms of the text of one file, and
// answers "no" rather than pointing into a macro's body.
//
//===----------------------------------------------------------------------===//

#ifndef PYEXT_SUPPORT_SOURCE_H
#define PYEXT_SUPPORT_SOURCE_H

#include "clang/AST/ParentMap.h"
#include "clang/AST/Stmt.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pyext::support {

/// Half-open range of byte offsets in the file of a SourceText.
struct TextRange {
  unsigned Begin = 0, End = 0;
};

/// A use of a function or a function-like macro as written: `Name(Args...)`.
struct WrittenCall {
  TextRange Name;                       ///< The identifier.
  TextRange Whole;                      ///< From Name to the closing `)`.
  llvm::SmallVector<TextRange, 4> Args; ///< White space trimmed.
};

/// The text of one file, and where the nodes of the AST are written in it.
class SourceText {
public:
  SourceText(const clang::SourceManager &SM, const clang::LangOptions &LO,
             clang::FileID File);

  clang::FileID file() const { return File; }
  llvm::StringRef text() const { return Text; }
  llvm::StringRef text(TextRange R) const {
    return Text.substr(R.Begin, R.End - R.Begin);
  }
  clang::SourceLocation location(unsigned Offset) const;

  /// Where \p Range is written: outside macros, as a macro argument, or as
  /// exactly one whole macro use. Nothing when part of a macro's body would
  /// have to change with it, or when it is in another file.
  std::optional<TextRange> written(clang::SourceRange Range) const;
  std::optional<TextRange> written(const clang::Stmt *S) const {
    return written(S->getSourceRange());
  }
  /// The same with the statement's own `;` when it has one.
  std::optional<TextRange> writtenStatement(const clang::Stmt *S) const;

  /// Offset of the token at \p Loc when somebody wrote it here, directly or as
  /// an argument of a macro; nothing when it comes out of a macro's body.
  std::optional<unsigned> spelled(clang::SourceLocation Loc) const;

  /// The call of function or macro \p Name that produced the code at \p Loc:
  /// the identifier itself is at \p Loc, or \p Loc is in the expansion of the
  /// macro of that name.
  std::optional<WrittenCall> writtenCall(clang::SourceLocation Loc,
                                         llvm::StringRef Name) const;

  /// End of the token that precedes \p Offset, comments skipped; nothing when a
  /// preprocessor directive is in between. \p From is where some token before
  /// it begins.
  std::optional<unsigned> endOfTokenBefore(unsigned Offset,
                                           unsigned From) const;
  /// Offset after the first token at or after \p Offset when it is \p Punct.
  std::optional<unsigned> skipToken(unsigned Offset,
                                    llvm::StringRef Punct) const;

  /// White space that starts the line of \p Offset.
  llvm::StringRef indentation(unsigned Offset) const;
  /// True when only white space precedes \p Offset on its line.
  bool isFirstOnLine(unsigned Offset) const;
  /// The end of the line (before the newline) when nothing but white space and
  /// a comment closed on that line follows \p Offset; \p Offset otherwise.
  unsigned endOfLineOrHere(unsigned Offset) const;
  unsigned lineStart(unsigned Offset) const;
  /// Offset after the newline that ends the line of \p Offset.
  unsigned nextLine(unsigned Offset) const;
  /// True when a preprocessor directive starts a line within \p R.
  bool hasDirective(TextRange R) const;
  /// True when identifier \p Name occurs within \p R, comments included.
  bool mentions(TextRange R, llvm::StringRef Name) const;
  /// Where the identifier \p Name stands in the code within \p R, as anything
  /// but a member (`->Name`, `.Name`); comments excluded, code that is not
  /// compiled included.
  std::vector<unsigned> identifiers(TextRange R, llvm::StringRef Name) const;
  /// One level of indentation as the file has it, seen from \p Near.
  std::string indentStep(unsigned Near) const;

private:
  struct Token {
    unsigned Begin, End;
    bool StartsLine;
  };
  /// Calls \p Take for each token from \p Offset on, where a token or white
  /// space begins, until it returns false or the file ends.
  void tokensFrom(unsigned Offset, llvm::function_ref<bool(Token)> Take) const;

  const clang::SourceManager &SM;
  const clang::LangOptions &LO;
  clang::FileID File;
  llvm::StringRef Text;
};

/// The innermost statement around \p S, itself included, that is not part of
/// an expression or of a declaration.
const clang::Stmt *enclosingStatement(const clang::Stmt *S,
                                      const clang::ParentMap &Parents);

/// Whether \p S is \p Outer or a part of it.
bool isWithin(const clang::Stmt *S, const clang::Stmt *Outer,
              const clang::ParentMap &Parents);

/// Edits of one file that are applied together or not at all.
class EditSet {
public:
  EditSet(const SourceText &Source, const clang::ParentMap &Parents)
      : Source(Source), Parents(Parents) {}

  /// Replaces \p R; an empty range inserts. Insertions at one place keep the
  /// order of the calls.
  void replace(TextRange R, std::string Text);
  void insert(unsigned Offset, std::string Text) {
    replace({Offset, Offset}, std::move(Text));
  }

  /// Adds statements before or after \p S, one per line, in S's indentation. A
  /// line of \p Lines may hold relative indentation written as leading tabs. S
  /// is wrapped in braces when it is the body of an if or a loop without
  /// braces, or \p OwnScope asks for it. Lines that start with `#` go to
  /// column one.
  void before(const clang::Stmt *S, llvm::ArrayRef<std::string> Lines,
              bool OwnScope = false);
  void after(const clang::Stmt *S, llvm::ArrayRef<std::string> Lines,
             bool OwnScope = false);
  /// Replaces the whole of \p S, its `;` included, with lines as above.
  void replaceStatement(const clang::Stmt *S,
                        llvm::ArrayRef<std::string> Lines);
  /// Removes \p S, with its line when nothing else is on it. S must be an
  /// element of a compound statement.
  void remove(const clang::Stmt *S);

  /// The edits as hints that touch each place once; empty and \p WhyNot set
  /// when they cannot be written down or overlap.
  llvm::SmallVector<clang::FixItHint> finish(std::string &WhyNot);

private:
  struct Around {
    std::vector<std::string> Before, After;
    std::optional<std::vector<std::string>> Instead;
    bool OwnScope = false;
  };
  /// What is written after an inner statement precedes what is written after
  /// the outer one, and the reverse before them.
  enum class Role { After, Here, Before };
  struct Edit {
    TextRange Range;
    std::string Text;
    Role R = Role::Here;
    unsigned Size = 0; ///< Of the statement the edit belongs to.
  };

  Around &around(const clang::Stmt *S);
  bool place(const clang::Stmt *S, const Around &A, std::string &WhyNot);

  const SourceText &Source;
  const clang::ParentMap &Parents;
  std::vector<Edit> Edits;
  std::vector<const clang::Stmt *> Order;
  std::map<const clang::Stmt *, Around> Statements;
  std::vector<const clang::Stmt *> Removed;
};

} // namespace pyext::support

#endif // PYEXT_SUPPORT_SOURCE_H
