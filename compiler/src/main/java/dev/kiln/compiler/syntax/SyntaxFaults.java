package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.NoViableAltException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;

/** Says what is wrong where a statement ceases to be one, in the terms of the language. */
final class SyntaxFaults extends BailErrorStrategy {
  private final TokenizedSource tokens;
  private final int from;
  private final int to;

  SyntaxFaults(TokenizedSource tokens, int from, int to) {
    this.tokens = tokens;
    this.from = from;
    this.to = to;
  }

  @Override
  public void recover(Parser recognizer, RecognitionException e) {
    var offending =
        e instanceof NoViableAltException ? recognizer.getCurrentToken() : e.getOffendingToken();
    throw fault(recognizer, offending);
  }

  @Override
  public Token recoverInline(Parser recognizer) {
    throw fault(recognizer, recognizer.getCurrentToken());
  }

  private CompilationException fault(Parser recognizer, Token offending) {
    return new CompilationException(describe(offending.getTokenIndex(), expected(recognizer)));
  }

  private static IntervalSet expected(Parser recognizer) {
    try {
      return recognizer.getExpectedTokens();
    } catch (IllegalArgumentException e) {
      return new IntervalSet();
    }
  }

  private int type(int position) {
    return position < from
        ? Token.INVALID_TYPE
        : position >= to ? Token.EOF : tokens.type(position);
  }

  private String text(int position) {
    return tokens.token(position).getText();
  }

  private Diagnostic describe(int at, IntervalSet expected) {
    return misplacedBlock(at, expected)
        .or(() -> foreignOperator(at))
        .or(() -> missingColon(at, expected))
        .or(() -> missingWord(at, expected))
        .or(() -> misplacedAssignment(at))
        .or(() -> keywordAsName(at, expected))
        .orElseGet(() -> unexpected(at, expected));
  }

  private Diagnostic unexpected(int at, IntervalSet expected) {
    String message = "expected " + wanted(at, expected) + ", found " + found(at);
    return type(at - 1) == KernelPythonLexer.NAME && text(at - 1).equals("print")
        ? Diagnostic.error(here(at), message, "print is a function: write 'print(...)'")
        : Diagnostic.error(here(at), message);
  }

  // ---- the faults that have a name

  private Optional<Diagnostic> misplacedBlock(int at, IntervalSet expected) {
    int type = type(at);
    if (type == KernelPythonLexer.INDENT) {
      return error(first(at + 1), "this line is indented deeper than the block it stands in");
    }
    if (expected.contains(KernelPythonLexer.INDENT)) {
      int header = lineStart(at - 1);
      String keyword = type(header) == KernelPythonLexer.ASYNC ? text(header + 1) : text(header);
      int line = tokens.token(header).getLine();
      var where =
          type(at) == Token.EOF || type == KernelPythonLexer.DEDENT ? first(header) : first(at);
      return error(where, "expected an indented block after '" + keyword + "' on line " + line);
    }
    if (isFirstInLine(at)) {
      return switch (type) {
        case KernelPythonLexer.ELSE, KernelPythonLexer.ELIF ->
            error(first(at), "'" + text(at) + "' belongs to no 'if' of the same indentation");
        case KernelPythonLexer.EXCEPT, KernelPythonLexer.FINALLY ->
            error(first(at), "'" + text(at) + "' belongs to no 'try' of the same indentation");
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  /** Operators that other languages have. */
  private Optional<Diagnostic> foreignOperator(int at) {
    int type = type(at);
    int before = type(at - 1);
    if (type == KernelPythonLexer.AMPERSAND && before == type) {
      return error(pair(at - 1), "'&&' is no operator", "write 'and'");
    }
    if (type == KernelPythonLexer.BAR && before == type) {
      return error(pair(at - 1), "'||' is no operator", "write 'or'");
    }
    boolean endsLine = type == KernelPythonLexer.NEWLINE || type == KernelPythonLexer.SEMICOLON;
    if (endsLine
        && type(at - 2) == before
        && (before == KernelPythonLexer.PLUS || before == KernelPythonLexer.MINUS)) {
      String operator = text(at - 1).repeat(2);
      return error(
          pair(at - 2), "'" + operator + "' is no operator", "write '" + text(at - 1) + "= 1'");
    }
    if (type == KernelPythonLexer.IF && before == KernelPythonLexer.ELSE) {
      return error(between(at - 1, at), "'else if' is not written so", "write 'elif'");
    }
    if (type == KernelPythonLexer.GT && before == KernelPythonLexer.LT) {
      return error(pair(at - 1), "'<>' is no operator", "write '!='");
    }
    return Optional.empty();
  }

  private Optional<Diagnostic> missingColon(int at, IntervalSet expected) {
    int header = lineStart(at);
    if (!expected.contains(KernelPythonLexer.COLON) || !takesBlock(type(header))) {
      return Optional.empty();
    }
    if (type(at) == KernelPythonLexer.NEWLINE) {
      return error(after(at - 1), "expected ':' at the end of the '" + text(header) + "' line");
    }
    return type(at) == KernelPythonLexer.ASSIGN ? misplacedAssignment(at) : Optional.empty();
  }

  private static boolean takesBlock(int type) {
    return switch (type) {
      case KernelPythonLexer.IF,
          KernelPythonLexer.ELIF,
          KernelPythonLexer.ELSE,
          KernelPythonLexer.FOR,
          KernelPythonLexer.WHILE,
          KernelPythonLexer.DEF,
          KernelPythonLexer.CLASS,
          KernelPythonLexer.WITH,
          KernelPythonLexer.TRY,
          KernelPythonLexer.EXCEPT,
          KernelPythonLexer.FINALLY,
          KernelPythonLexer.ASYNC ->
          true;
      default -> false;
    };
  }

  /** The second half of a form that was begun. */
  private Optional<Diagnostic> missingWord(int at, IntervalSet expected) {
    if (expected.contains(KernelPythonLexer.ELSE)
        && !expected.contains(KernelPythonLexer.NEWLINE)) {
      return error(here(at), "a conditional expression needs an 'else': 'a if condition else b'");
    }
    if (expected.contains(KernelPythonLexer.IN)
        && type(lineStart(at)) == KernelPythonLexer.FOR
        && !follows(at, KernelPythonLexer.IN)) {
      return error(here(at), "expected 'in' after the loop's variable, found " + found(at));
    }
    if (expected.contains(KernelPythonLexer.DEF) && !expected.contains(KernelPythonLexer.NAME)) {
      return error(
          first(at), "expected a function or a class after its decorators, found " + found(at));
    }
    return Optional.empty();
  }

  /** Whether a token of that type stands before {@code at} in its line. */
  private boolean follows(int at, int type) {
    for (int i = lineStart(at); i < at; i++) {
      if (type(i) == type) {
        return true;
      }
    }
    return false;
  }

  private Optional<Diagnostic> misplacedAssignment(int at) {
    if (type(at) != KernelPythonLexer.ASSIGN || type(at - 1) == KernelPythonLexer.ASSIGN) {
      return Optional.empty();
    }
    return isKeyword(at - 1)
        ? error(first(at - 1), "'" + text(at - 1) + "' is a keyword and cannot be assigned to")
        : error(
            first(at),
            "'=' assigns and cannot stand within an expression",
            "to compare, write '=='");
  }

  private boolean isKeyword(int at) {
    return type(at) >= KernelPythonLexer.FALSE && type(at) <= KernelPythonLexer.YIELD;
  }

  private Optional<Diagnostic> keywordAsName(int at, IntervalSet expected) {
    boolean keyword = isKeyword(at);
    boolean afterComma =
        type(at - 1) == KernelPythonLexer.COMMA || type(at - 1) == KernelPythonLexer.LPAR;
    if (keyword && afterComma && type(lineStart(at)) == KernelPythonLexer.DEF) {
      return error(
          first(at), "'" + text(at) + "' is a keyword and cannot be the name of a parameter");
    }
    return keyword && expected.contains(KernelPythonLexer.NAME) && !isFirstInLine(at)
        ? error(
            first(at), "expected " + wanted(at, expected) + ", but '" + text(at) + "' is a keyword")
        : Optional.empty();
  }

  // ---- what could have stood there

  private String wanted(int at, IntervalSet expected) {
    if (expected.contains(KernelPythonLexer.INTEGER) && expected.contains(KernelPythonLexer.NAME)) {
      int before = type(at - 1);
      boolean afterLine = before == KernelPythonLexer.NEWLINE || before == KernelPythonLexer.INDENT;
      if (afterLine || expected.contains(KernelPythonLexer.RETURN)) {
        return "a statement";
      }
      if (at == from) {
        return "an expression";
      }
      String also = closing(expected).map(bracket -> " or '" + bracket + "'").orElse("");
      return "an expression" + also + " after '" + text(at - 1) + "'";
    }
    if (expected.contains(KernelPythonLexer.DEDENT)) {
      return "a statement";
    }
    if (expected.contains(KernelPythonLexer.NEWLINE)) {
      return "the end of the statement";
    }
    if (expected.contains(Token.EOF)) {
      return "the end of the expression";
    }
    var choices = new ArrayList<String>();
    // A list's rule is left before its comma is missed, so that what is expected no longer holds
    // it.
    closing(expected).ifPresent(bracket -> choices.addAll(List.of("','", "'" + bracket + "'")));
    if (choices.isEmpty()) {
      choices.addAll(names(expected));
    }
    return String.join(" or ", choices);
  }

  private static Optional<String> closing(IntervalSet expected) {
    return expected.contains(KernelPythonLexer.RPAR)
        ? Optional.of(")")
        : expected.contains(KernelPythonLexer.RBRACKET)
            ? Optional.of("]")
            : expected.contains(KernelPythonLexer.RBRACE) ? Optional.of("}") : Optional.empty();
  }

  /** At most three, for more say less. Operators can follow any expression and are left out. */
  private static List<String> names(IntervalSet expected) {
    var names = new ArrayList<String>();
    for (int type : expected.toList()) {
      boolean operator = type >= KernelPythonLexer.PLUS && type <= KernelPythonLexer.GE;
      String literal = KernelPythonLexer.VOCABULARY.getLiteralName(type);
      if (type == KernelPythonLexer.NAME) {
        names.add("a name");
      } else if (literal != null && !operator) {
        names.add(literal);
      }
    }
    if (names.isEmpty()) {
      return List.of("something else");
    }
    return names.subList(0, Math.min(3, names.size()));
  }

  private String found(int at) {
    return switch (type(at)) {
      case KernelPythonLexer.NEWLINE -> "the end of the line";
      case KernelPythonLexer.DEDENT -> "the end of the block";
      case Token.EOF -> "the end of the text";
      case KernelPythonLexer.STRING, KernelPythonLexer.BYTES -> "a string";
      case KernelPythonLexer.FSTRING -> "an f-string";
      default -> "'" + text(at) + "'";
    };
  }

  // ---- positions

  private boolean isFirstInLine(int at) {
    return switch (type(at - 1)) {
      case KernelPythonLexer.NEWLINE,
          KernelPythonLexer.INDENT,
          KernelPythonLexer.DEDENT,
          Token.INVALID_TYPE ->
          true;
      default -> false;
    };
  }

  private int lineStart(int at) {
    int start = Math.max(at, from);
    while (start > from
        && (start == at || type(start) != KernelPythonLexer.NEWLINE)
        && !isFirstInLine(start)) {
      start--;
    }
    return start;
  }

  private Location here(int at) {
    return switch (type(at)) {
      case KernelPythonLexer.NEWLINE, KernelPythonLexer.DEDENT, Token.EOF ->
          at > from ? after(at - 1) : first(at);
      default -> first(at);
    };
  }

  private Location first(int at) {
    var token = tokens.token(at);
    int column = token.getCharPositionInLine() + 1;
    int width = Math.max(1, token.getStopIndex() - token.getStartIndex() + 1);
    int lineEnd = tokens.source().line(token.getLine()).length() + 1;
    return Location.of(tokens.source(), token.getLine(), column, Math.min(column + width, lineEnd));
  }

  /** Just after the text of the last token that has any, at or before {@code at}. */
  private Location after(int at) {
    int last = at;
    while (last > from && tokens.token(last).getStopIndex() < tokens.token(last).getStartIndex()) {
      last--;
    }
    var location = first(last);
    return Location.of(
        location.source(), location.line(), location.endColumn(), location.endColumn() + 1);
  }

  private Location pair(int at) {
    return between(at, at + 1);
  }

  private Location between(int firstAt, int lastAt) {
    var start = first(firstAt);
    return Location.of(start.source(), start.line(), start.column(), first(lastAt).endColumn());
  }

  private static Optional<Diagnostic> error(Location at, String message) {
    return Optional.of(Diagnostic.error(at, message));
  }

  private static Optional<Diagnostic> error(Location at, String message, String hint) {
    return Optional.of(Diagnostic.error(at, message, hint));
  }
}
