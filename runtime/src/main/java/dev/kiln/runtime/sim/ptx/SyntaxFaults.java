package dev.kiln.runtime.sim.ptx;

import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;

/** Says what is wrong where a statement ceases to be one, in the words of PTX. */
final class SyntaxFaults extends BailErrorStrategy {
  @Override
  public void recover(Parser parser, RecognitionException e) {
    throw fault(parser);
  }

  @Override
  public Token recoverInline(Parser parser) {
    throw fault(parser);
  }

  private static PtxFault fault(Parser parser) {
    Token found = parser.getCurrentToken();
    String wanted = wanted(parser, expected(parser));
    if (found.getType() == Token.EOF) {
      return new PtxFault(TokenArray.at(found), "expected " + wanted + ", but the text ends here");
    }
    Token before = parser.getTokenStream().LT(-1);
    if (before != null && before.getLine() < found.getLine()) {
      return new PtxFault(after(before), "expected " + wanted);
    }
    return new PtxFault(
        TokenArray.at(found), "expected " + wanted + ", not '" + shortened(found.getText()) + "'");
  }

  private static Position after(Token token) {
    int length = token.getStopIndex() - token.getStartIndex() + 1;
    return new Position(token.getLine(), token.getCharPositionInLine() + 1 + length);
  }

  private static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  private static IntervalSet expected(Parser parser) {
    try {
      return parser.getExpectedTokens();
    } catch (IllegalArgumentException e) {
      return new IntervalSet();
    }
  }

  private static String wanted(Parser parser, IntervalSet expected) {
    var innermost = parser.getRuleContext();
    if (expected.contains(PtxTextParser.SEMICOLON)) {
      return "';' " + beforeSemicolon(innermost);
    }
    if (expected.contains(PtxTextParser.INTEGER) && expected.contains(PtxTextParser.WORD)) {
      return instruction(innermost).isEmpty()
          ? "a value"
          : "an operand" + instruction(innermost).transform(word -> " of '" + word + "'");
    }
    for (int closing :
        new int[] {
          PtxTextParser.RBRACKET,
          PtxTextParser.RBRACE,
          PtxTextParser.RPAREN,
          PtxTextParser.GREATER,
          PtxTextParser.COMMA
        }) {
      if (expected.contains(closing)) {
        return PtxTextParser.VOCABULARY.getLiteralName(closing);
      }
    }
    if (expected.contains(PtxTextParser.WORD)) {
      return innermost instanceof PtxTextParser.StatementContext ? "an opcode" : "a name";
    }
    return single(expected);
  }

  private static String single(IntervalSet expected) {
    if (expected.isNil()) {
      return "something else";
    }
    return switch (expected.getMinElement()) {
      case PtxTextParser.INTEGER -> "a whole number";
      case PtxTextParser.FLOAT -> "a number such as 9.0";
      case PtxTextParser.STRING -> "a text in quotes";
      default -> {
        String literal = PtxTextParser.VOCABULARY.getLiteralName(expected.getMinElement());
        yield literal == null ? "a directive" : literal;
      }
    };
  }

  private static String beforeSemicolon(ParserRuleContext innermost) {
    String word = instruction(innermost);
    if (word.isEmpty()) {
      return "at the end of the statement";
    }
    boolean bare =
        innermost instanceof PtxTextParser.StatementContext
            || innermost instanceof PtxTextParser.InstructionContext context
                && context.operand().isEmpty();
    return (bare ? "after '" : "after the operands of '") + word + "'";
  }

  /** The opcode of the instruction at hand; empty where there is none. */
  private static String instruction(ParserRuleContext innermost) {
    for (var context = innermost; context != null; context = context.getParent()) {
      if (context instanceof PtxTextParser.StatementContext statement && statement.WORD() != null) {
        return shortened(statement.WORD().getText());
      }
    }
    return "";
  }
}
