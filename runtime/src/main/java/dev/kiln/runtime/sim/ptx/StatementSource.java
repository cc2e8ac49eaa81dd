package dev.kiln.runtime.sim.ptx;

import java.util.function.Function;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;

/** A text whose statements are taken one by one. */
final class StatementSource {
  private final TokenArray tokens;
  private final PtxTextParser parser;

  StatementSource(TokenArray tokens) {
    this.tokens = tokens;
    parser = new PtxTextParser(tokens);
    parser.removeErrorListeners();
    quick();
  }

  /** Type of the next token. */
  int type() {
    return tokens.LA(1);
  }

  int type(int offset) {
    return tokens.LA(offset);
  }

  Token token() {
    return tokens.LT(1);
  }

  Position at() {
    return TokenArray.at(token());
  }

  boolean atEnd() {
    return type() == Token.EOF;
  }

  void advance() {
    tokens.consume();
  }

  /**
   * What a rule reads from here. The quick mode of ANTLR decides all that this grammar leaves to
   * decide; only a text with an error is read again, to say what was expected.
   *
   * @throws PtxFault if it is something else that stands here
   */
  <T extends ParserRuleContext> T parse(Function<PtxTextParser, T> rule) {
    int start = tokens.index();
    try {
      return rule.apply(parser);
    } catch (ParseCancellationException e) {
      parser.reset();
      tokens.seek(start);
      parser.setErrorHandler(new SyntaxFaults());
      parser.getInterpreter().setPredictionMode(PredictionMode.LL);
      try {
        return rule.apply(parser);
      } finally {
        quick();
      }
    }
  }

  private void quick() {
    parser.setErrorHandler(new BailErrorStrategy());
    parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
  }

  /**
   * Goes on behind an error: after the next semicolon, or where a line begins like a statement.
   *
   * @param start where the faulty statement began
   */
  void recover(int start) {
    if (tokens.index() == start && !atEnd()) {
      advance();
    }
    while (!atEnd()) {
      if (type(-1) == PtxTextParser.SEMICOLON || isBrace(type()) || beginsStatement()) {
        return;
      }
      advance();
    }
  }

  int index() {
    return tokens.index();
  }

  private static boolean isBrace(int type) {
    return type == PtxTextParser.LBRACE || type == PtxTextParser.RBRACE;
  }

  private boolean beginsStatement() {
    Token before = tokens.LT(-1);
    if (before != null && before.getLine() == token().getLine()) {
      return false;
    }
    return switch (type()) {
      case PtxTextParser.WORD, PtxTextParser.AT -> true;
      default -> type() >= PtxTextParser.VERSION && type() <= PtxTextParser.SPACE;
    };
  }

  /** Over brackets and all between them, if the next token opens a brace. */
  void skipBraces() {
    int depth = 0;
    do {
      switch (type()) {
        case PtxTextParser.LBRACE -> depth++;
        case PtxTextParser.RBRACE -> depth--;
        default -> {}
      }
      advance();
    } while (depth > 0 && !atEnd());
    if (depth > 0) {
      throw new PtxFault(at(), "expected '}', but the text ends here");
    }
  }
}
