package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.antlr.v4.runtime.CharStream;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Lexer;
import org.antlr.v4.runtime.Token;

/**
 * What Python's lines, indentation, brackets and strings need beyond a lexical grammar.
 *
 * <p>Faults do not stop it: each is kept with the number of the token where it lies, so that a
 * fault in host code which no kernel uses does no harm. An unclosed bracket ends where a statement
 * must have begun.
 */
abstract class IndentationLexer extends Lexer {
  /**
   * A fault.
   *
   * @param tokenNumber which of the tokens that the lexer gives out it concerns, counted from 0
   * @param hidesTheRest whether what follows cannot be told from the faulty token, as after an
   *     unclosed triple quote
   */
  record Fault(int tokenNumber, Diagnostic diagnostic, boolean hidesTheRest) {}

  /** Python's own limits. */
  private static final int MAX_BRACKETS = 200;

  private static final int MAX_INDENTATION = 100;
  private static final int TAB = 8;

  /**
   * These begin a statement and stand nowhere else, so that no bracket can still be open before
   * them.
   */
  private static final BitSet STATEMENT_KEYWORDS = new BitSet();

  static {
    for (int type :
        new int[] {
          KernelPythonLexer.ASSERT, KernelPythonLexer.BREAK, KernelPythonLexer.CLASS,
              KernelPythonLexer.CONTINUE,
          KernelPythonLexer.DEF, KernelPythonLexer.DEL, KernelPythonLexer.EXCEPT,
              KernelPythonLexer.FINALLY,
          KernelPythonLexer.GLOBAL, KernelPythonLexer.IMPORT, KernelPythonLexer.NONLOCAL,
              KernelPythonLexer.PASS,
          KernelPythonLexer.RAISE, KernelPythonLexer.RETURN, KernelPythonLexer.TRY,
              KernelPythonLexer.WHILE,
          KernelPythonLexer.WITH
        }) {
      STATEMENT_KEYWORDS.set(type);
    }
  }

  /**
   * {@code columns} with tabs to multiples of eight, {@code characters} with each tab as one: both
   * must agree.
   */
  private record Indentation(int columns, int characters) {}

  private record OpenBracket(Token token, int number) {}

  private Source source;
  private final ArrayDeque<Token> pending = new ArrayDeque<>();
  private final ArrayDeque<Indentation> indentations = new ArrayDeque<>();
  private final ArrayDeque<OpenBracket> brackets = new ArrayDeque<>();
  private final List<Fault> faults = new ArrayList<>();
  private boolean withinLine;
  private boolean joinsLines;
  private int lineOfLastToken;
  private int given;

  /** The extent of the string that was read last, if it has no end. */
  private StringScanner.Extent unclosed;

  IndentationLexer(CharStream input) {
    super(input);
    indentations.push(new Indentation(0, 0));
  }

  /** A lexer of a whole file. */
  static IndentationLexer ofFile(Source source) {
    String text = source.text();
    IndentationLexer lexer =
        new KernelPythonLexer(new TextStream(withLineFeeds(text), source.name()));
    lexer.begin(source);
    return lexer;
  }

  /**
   * A lexer of an expression that begins at a position of a source; it gives neither NEWLINE nor
   * INDENT.
   */
  static IndentationLexer ofExpression(Source source, String text, int line, int column) {
    IndentationLexer lexer =
        new KernelPythonLexer(new TextStream(withLineFeeds(text), source.name()));
    lexer.setLine(line);
    lexer.setCharPositionInLine(column - 1);
    lexer.begin(source);
    lexer.joinLines();
    return lexer;
  }

  private void begin(Source of) {
    source = of;
    removeErrorListeners();
  }

  private void joinLines() {
    joinsLines = true;
  }

  /** A lone carriage return ends a line for Python, but not for ANTLR's count of lines. */
  private static String withLineFeeds(String text) {
    for (int i = text.indexOf('\r'); i >= 0; i = text.indexOf('\r', i + 1)) {
      if (i + 1 == text.length() || text.charAt(i + 1) != '\n') {
        return text.replaceAll("\r(?!\n)", "\n");
      }
    }
    return text;
  }

  final List<Fault> faults() {
    return faults;
  }

  /** Called by the grammar after an opening quote. */
  final void string() {
    var input = (TextStream) _input;
    var extent = StringScanner.scan(input.text(), _tokenStartCharIndex);
    while (input.index() < extent.end()) {
      getInterpreter().consume(input);
    }
    unclosed = extent.fault() == null ? null : extent;
    setType(
        extent.isFormatted()
            ? KernelPythonLexer.FSTRING
            : extent.isBytes() ? KernelPythonLexer.BYTES : KernelPythonLexer.STRING);
  }

  @Override
  public final Token nextToken() {
    while (pending.isEmpty()) {
      advance(super.nextToken());
    }
    given++;
    return pending.poll();
  }

  private void advance(Token token) {
    int type = token.getType();
    if (type == KernelPythonLexer.NEWLINE) {
      if (withinLine && !joinsLines && brackets.isEmpty()) {
        endLine(token);
      }
      return;
    }
    if (type == EOF) {
      endFile(token);
      return;
    }
    if (!brackets.isEmpty() && beginsStatement(token)) {
      reportUnclosed();
      endLine(token);
    }
    if (!withinLine && !joinsLines) {
      beginLine(token);
    }
    withinLine = true;
    lineOfLastToken = token.getLine();
    matchBracket(token);
    reportInvalid(token);
    reportUnclosedString(token);
    pending.add(token);
  }

  private boolean beginsStatement(Token token) {
    if (token.getLine() == lineOfLastToken || joinsLines) {
      return false;
    }
    return STATEMENT_KEYWORDS.get(token.getType())
        || token.getType() == KernelPythonLexer.AT && token.getCharPositionInLine() == 0;
  }

  private void endLine(Token at) {
    pending.add(virtual(KernelPythonLexer.NEWLINE, at));
    withinLine = false;
  }

  private void endFile(Token end) {
    if (!brackets.isEmpty()) {
      reportUnclosed();
    }
    if (withinLine && !joinsLines) {
      endLine(end);
    }
    while (indentations.size() > 1) {
      indentations.pop();
      pending.add(virtual(KernelPythonLexer.DEDENT, end));
    }
    pending.add(end);
  }

  /** A token without text that stands before {@code at}. */
  private static CommonToken virtual(int type, Token at) {
    var token = new CommonToken((CommonToken) at);
    token.setType(type);
    token.setStopIndex(at.getStartIndex() - 1);
    return token;
  }

  // ---- indentation

  private void beginLine(Token first) {
    var indentation = indentationOf(first);
    var enclosing = indentations.peek();
    if (indentation.columns > enclosing.columns) {
      checkTabs(first, indentation.characters > enclosing.characters);
      if (indentations.size() > MAX_INDENTATION) {
        report(first, "more than " + MAX_INDENTATION + " levels of indentation");
        return;
      }
      indentations.push(indentation);
      pending.add(virtual(KernelPythonLexer.INDENT, first));
      return;
    }
    int before = given + pending.size() - 1;
    while (indentation.columns < indentations.peek().columns) {
      indentations.pop();
      pending.add(virtual(KernelPythonLexer.DEDENT, first));
    }
    if (indentation.columns > indentations.peek().columns) {
      // A fault of the block above: this line was meant to belong to it, but would now follow it.
      var message = "this line's indentation matches no enclosing block";
      faults.add(new Fault(before, Diagnostic.error(locationOf(first), message), false));
    } else {
      checkTabs(first, indentation.characters == indentations.peek().characters);
    }
  }

  private void checkTabs(Token first, boolean consistent) {
    if (!consistent) {
      report(
          first,
          "tabs and spaces are mixed in the indentation, so that its depth depends on the width of"
              + " a tab");
    }
  }

  private Indentation indentationOf(Token first) {
    String text = ((TextStream) _input).text();
    int start = text.lastIndexOf('\n', first.getStartIndex() - 1) + 1;
    int columns = 0;
    int characters = 0;
    for (int i = start; i < first.getStartIndex(); i++) {
      char c = text.charAt(i);
      if (c == ' ') {
        columns++;
        characters++;
      } else if (c == '\t') {
        columns = (columns / TAB + 1) * TAB;
        characters++;
      } else if (c == '\f') {
        columns = 0;
        characters = 0;
      }
    }
    return new Indentation(columns, characters);
  }

  // ---- brackets

  private void matchBracket(Token token) {
    switch (token.getType()) {
      case KernelPythonLexer.LPAR, KernelPythonLexer.LBRACKET, KernelPythonLexer.LBRACE -> {
        if (brackets.size() == MAX_BRACKETS) {
          report(token, "more than " + MAX_BRACKETS + " nested brackets");
        }
        brackets.push(new OpenBracket(token, given + pending.size()));
      }
      case KernelPythonLexer.RPAR -> close(token, KernelPythonLexer.LPAR);
      case KernelPythonLexer.RBRACKET -> close(token, KernelPythonLexer.LBRACKET);
      case KernelPythonLexer.RBRACE -> close(token, KernelPythonLexer.LBRACE);
      default -> {}
    }
  }

  private void close(Token token, int opening) {
    if (brackets.isEmpty()) {
      report(token, "'" + token.getText() + "' closes no bracket");
      return;
    }
    var open = brackets.pop().token();
    if (open.getType() != opening) {
      String where = open.getLine() == token.getLine() ? "" : " on line " + open.getLine();
      report(
          token,
          "'" + token.getText() + "' does not match the opening '" + open.getText() + "'" + where);
    }
  }

  private void reportUnclosed() {
    var open = brackets.peek();
    faults.add(
        new Fault(
            open.number,
            Diagnostic.error(
                locationOf(open.token), "'" + open.token.getText() + "' is never closed"),
            false));
    brackets.clear();
  }

  // ---- faults

  private void reportInvalid(Token token) {
    if (token.getType() == KernelPythonLexer.INVALID) {
      report(token, invalidCharacter(token.getText().charAt(0)));
    } else if (token.getType() == KernelPythonLexer.BAD_NUMBER) {
      report(token, badNumber(token.getText()));
    }
  }

  private void reportUnclosedString(Token token) {
    if (unclosed != null) {
      int column = token.getCharPositionInLine() + 1;
      var at = Location.of(source, token.getLine(), column, column + 1);
      faults.add(
          new Fault(
              given + pending.size(), Diagnostic.error(at, unclosed.fault()), unclosed.isTriple()));
      unclosed = null;
    }
  }

  private static String invalidCharacter(char c) {
    return switch (c) {
      case '\\' -> "a backslash that joins two lines must be the last character of its line";
      case '!' -> "'!' is no operator; write 'not', or '!=' to compare";
      case '$', '?', '`' -> "'" + c + "' has no meaning here";
      default ->
          c < ' ' || c > '~'
              ? String.format(
                  "invalid character %s(U+%04X)", c > 0xA0 ? "'" + c + "' " : "", (int) c)
              : "invalid character '" + c + "'";
    };
  }

  private static String badNumber(String text) {
    if (text.chars().allMatch(c -> c == '_' || Character.isDigit(c)) && text.startsWith("0")) {
      return "a decimal number may not begin with 0; an octal one begins with 0o";
    }
    return text.endsWith("_") || text.contains("__")
        ? "a '_' in a number must stand between two digits"
        : "'" + text + "' is no number";
  }

  private void report(Token token, String message) {
    faults.add(
        new Fault(given + pending.size(), Diagnostic.error(locationOf(token), message), false));
  }

  private Location locationOf(Token token) {
    int column = token.getCharPositionInLine() + 1;
    return Location.of(
        source, token.getLine(), column, column + token.getStopIndex() - token.getStartIndex() + 1);
  }
}
