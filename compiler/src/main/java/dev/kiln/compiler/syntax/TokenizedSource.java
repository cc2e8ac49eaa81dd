package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Token;

/**
 * The tokens of a source, and where its logical lines, blocks and statements end. A position is an
 * index into the tokens; the last token is the end of the file.
 */
final class TokenizedSource {
  private final Source source;
  private final List<Token> tokens = new ArrayList<>();
  private final List<IndentationLexer.Fault> faults;

  TokenizedSource(Source source, IndentationLexer lexer) {
    this.source = source;
    Token token;
    do {
      token = lexer.nextToken();
      ((CommonToken) token).setTokenIndex(tokens.size());
      tokens.add(token);
    } while (token.getType() != Token.EOF);
    faults = lexer.faults();
    markSoftKeywords();
  }

  Source source() {
    return source;
  }

  Token token(int position) {
    return tokens.get(position);
  }

  int type(int position) {
    return tokens.get(position).getType();
  }

  /** The position of the end of the file. */
  int end() {
    return tokens.size() - 1;
  }

  /** The first lexical fault in {@code [from, to)}. */
  Optional<IndentationLexer.Fault> fault(int from, int to) {
    return faults.stream()
        .filter(fault -> fault.tokenNumber() >= from && fault.tokenNumber() < to)
        .findFirst();
  }

  /** The fault after which nothing can be told apart. */
  Optional<IndentationLexer.Fault> hidingFault() {
    return faults.stream().filter(IndentationLexer.Fault::hidesTheRest).findFirst();
  }

  /**
   * The position of the NEWLINE that ends the logical line at {@code position}, or the end of the
   * file.
   */
  int lineEnd(int position) {
    int at = position;
    while (type(at) != KernelPythonLexer.NEWLINE && type(at) != Token.EOF) {
      at++;
    }
    return at;
  }

  /** The position after the DEDENT that matches the INDENT at {@code indent}. */
  int blockEnd(int indent) {
    int depth = 0;
    for (int at = indent; at < end(); at++) {
      if (type(at) == KernelPythonLexer.INDENT) {
        depth++;
      } else if (type(at) == KernelPythonLexer.DEDENT && --depth == 0) {
        return at + 1;
      }
    }
    return end();
  }

  /**
   * The position after the logical line at {@code position} and after the block that is indented
   * below it, if there is one.
   */
  int clauseEnd(int position) {
    int next = Math.min(lineEnd(position) + 1, end());
    return type(next) == KernelPythonLexer.INDENT ? blockEnd(next) : next;
  }

  /**
   * The position after the statement that begins at {@code position}: with its decorators and all
   * its clauses.
   */
  int statementEnd(int position) {
    int at = position;
    while (type(at) == KernelPythonLexer.AT) {
      at = clauseEnd(at);
    }
    boolean hasClauses = hasClauses(type(at));
    do {
      at = clauseEnd(at);
    } while (hasClauses && continues(type(at)));
    return at;
  }

  private static boolean hasClauses(int type) {
    return switch (type) {
      case KernelPythonLexer.IF,
          KernelPythonLexer.TRY,
          KernelPythonLexer.FOR,
          KernelPythonLexer.WHILE,
          KernelPythonLexer.ASYNC ->
          true;
      default -> false;
    };
  }

  private static boolean continues(int type) {
    return switch (type) {
      case KernelPythonLexer.ELIF,
          KernelPythonLexer.ELSE,
          KernelPythonLexer.EXCEPT,
          KernelPythonLexer.FINALLY ->
          true;
      default -> false;
    };
  }

  /**
   * {@code match}, {@code case} and {@code type} are names except where a line can be nothing but
   * such a statement.
   */
  private void markSoftKeywords() {
    for (int at = 0; at < end(); at++) {
      if (type(at) == KernelPythonLexer.NAME && (at == 0 || endsLine(type(at - 1)))) {
        markSoftKeyword(at);
      }
    }
  }

  private static boolean endsLine(int type) {
    return type == KernelPythonLexer.NEWLINE
        || type == KernelPythonLexer.INDENT
        || type == KernelPythonLexer.DEDENT;
  }

  private void markSoftKeyword(int at) {
    String name = token(at).getText();
    if (name.equals("match")) {
      int lineEnd = lineEnd(at);
      if (lineEnd + 2 < end()
          && lineEnd > at + 1
          && type(lineEnd - 1) == KernelPythonLexer.COLON
          && type(lineEnd + 1) == KernelPythonLexer.INDENT
          && token(lineEnd + 2).getText().equals("case")) {
        retype(at, KernelPythonLexer.MATCH);
        markCases(lineEnd + 1);
      }
    } else if (name.equals("type") && type(at + 1) == KernelPythonLexer.NAME) {
      retype(at, KernelPythonLexer.TYPE);
    }
  }

  private void markCases(int indent) {
    int end = blockEnd(indent) - 1;
    for (int at = indent + 1; at < end; at = clauseEnd(at)) {
      if (token(at).getText().equals("case")) {
        retype(at, KernelPythonLexer.CASE);
      }
    }
  }

  private void retype(int position, int type) {
    ((CommonToken) token(position)).setType(type);
  }
}
