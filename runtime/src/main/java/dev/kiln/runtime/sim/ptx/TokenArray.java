package dev.kiln.runtime.sim.ptx;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.RuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.TokenSource;
import org.antlr.v4.runtime.TokenStream;
import org.antlr.v4.runtime.misc.Interval;

/** The tokens of a text, all of them read before the first is parsed. The last is the end. */
final class TokenArray implements TokenStream {
  /** Deeper brackets are no honest text, and would exhaust the stack of whoever walks the tree. */
  private static final int DEEPEST = 200;

  private final String name;
  private final List<Token> tokens = new ArrayList<>();
  private final boolean complete;
  private int position;

  TokenArray(String name, String text, Diagnostics diagnostics) {
    this.name = name;
    var lexer = new PtxTextLexer(CharStreams.fromString(text, name));
    lexer.removeErrorListeners();
    var nesting = new Nesting();
    Token token = lexer.nextToken();
    while (token.getType() != Token.EOF && !nesting.tooDeep(token)) {
      if (!isFault(token, diagnostics)) {
        add(token);
      }
      token = lexer.nextToken();
    }
    complete = token.getType() == Token.EOF;
    if (!complete) {
      diagnostics.add(at(token), "brackets are nested more than " + DEEPEST + " deep");
      token = new CommonToken((CommonToken) token);
      ((CommonToken) token).setType(Token.EOF);
    }
    add(token);
  }

  /** Whether the text could be followed to its end. */
  boolean isComplete() {
    return complete;
  }

  private void add(Token token) {
    ((CommonToken) token).setTokenIndex(tokens.size());
    tokens.add(token);
  }

  private boolean isFault(Token token, Diagnostics diagnostics) {
    switch (token.getType()) {
      case PtxTextLexer.BAD_NUMBER -> {
        diagnostics.add(at(token), "'" + token.getText() + "' is not a number");
        ((CommonToken) token).setType(PtxTextLexer.INTEGER);
        ((CommonToken) token).setText("0");
        return false;
      }
      case PtxTextLexer.OPEN_STRING -> {
        diagnostics.add(at(token), "a text in quotes does not end on its line");
        ((CommonToken) token).setType(PtxTextLexer.STRING);
        return false;
      }
      case PtxTextLexer.OPEN_COMMENT -> {
        diagnostics.add(at(token), "a comment does not end");
        return true;
      }
      case PtxTextLexer.INVALID -> {
        diagnostics.add(at(token), describeInvalid(token.getText()));
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  private static String describeInvalid(String character) {
    int code = character.codePointAt(0);
    return code > ' ' && code < 0x7f
        ? "'" + character + "' has no meaning in PTX"
        : "the character U+%04X has no place in PTX".formatted(code);
  }

  static Position at(Token token) {
    return new Position(token.getLine(), token.getCharPositionInLine() + 1);
  }

  /**
   * How many brackets are open. A semicolon closes all but braces, should some have been forgotten.
   */
  private static final class Nesting {
    private int braces;
    private int others;

    boolean tooDeep(Token token) {
      switch (token.getType()) {
        case PtxTextLexer.LBRACE -> braces++;
        case PtxTextLexer.RBRACE -> braces = Math.max(0, braces - 1);
        case PtxTextLexer.LPAREN, PtxTextLexer.LBRACKET -> others++;
        case PtxTextLexer.RPAREN, PtxTextLexer.RBRACKET -> others = Math.max(0, others - 1);
        case PtxTextLexer.SEMICOLON -> others = 0;
        default -> {}
      }
      return braces + others > DEEPEST;
    }
  }

  // ---- what the parser reads

  @Override
  public Token LT(int offset) {
    int at = offset > 0 ? position + offset - 1 : position + offset;
    return at < 0 ? null : get(at);
  }

  @Override
  public Token get(int index) {
    return tokens.get(Math.min(index, tokens.size() - 1));
  }

  @Override
  public int LA(int offset) {
    var token = LT(offset);
    return token == null ? Token.INVALID_TYPE : token.getType();
  }

  @Override
  public void consume() {
    if (position >= tokens.size() - 1) {
      throw new IllegalStateException("cannot consume the end of the input");
    }
    position++;
  }

  @Override
  public int mark() {
    return -1;
  }

  @Override
  public void release(int marker) {}

  @Override
  public int index() {
    return position;
  }

  @Override
  public void seek(int index) {
    position = Math.min(index, tokens.size() - 1);
  }

  @Override
  public int size() {
    return tokens.size();
  }

  @Override
  public String getSourceName() {
    return name;
  }

  @Override
  public TokenSource getTokenSource() {
    return null;
  }

  @Override
  public String getText(Interval interval) {
    var text = new StringBuilder();
    for (int i = interval.a; i <= interval.b && i < size() - 1; i++) {
      text.append(get(i).getText());
    }
    return text.toString();
  }

  @Override
  public String getText() {
    return getText(Interval.of(0, size() - 1));
  }

  @Override
  public String getText(RuleContext context) {
    return getText(context.getSourceInterval());
  }

  @Override
  public String getText(Token start, Token stop) {
    return getText(Interval.of(start.getTokenIndex(), stop.getTokenIndex()));
  }
}
