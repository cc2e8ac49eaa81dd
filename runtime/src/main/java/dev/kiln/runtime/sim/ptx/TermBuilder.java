package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.PtxTextParser.OperandContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.PrimaryContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.SignContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.TermContext;
import dev.kiln.runtime.sim.ptx.Value.Other;
import dev.kiln.runtime.sim.ptx.Value.Real;
import dev.kiln.runtime.sim.ptx.Value.Symbol;
import dev.kiln.runtime.sim.ptx.Value.Whole;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;

/** Evaluates terms: constant expressions, addresses, and the operands that contain them. */
final class TermBuilder {
  /** The predefined constant of the manual's "Predefined Constants". */
  private static final Whole WARP_SIZE = new Whole(32, false);

  private final Names names;
  private final ToLongFunction<Operand.Name> elementBytes;

  /**
   * @param elementBytes size of an element of a declared array
   */
  TermBuilder(Names names, ToLongFunction<Operand.Name> elementBytes) {
    this.names = names;
    this.elementBytes = elementBytes;
  }

  // ---- operands

  /**
   * @param opcode of the instruction: brackets hold lists in a call, and values elsewhere
   */
  Operand operand(OperandContext context, String opcode) {
    var start = context.getStart();
    return switch (start.getType()) {
      case PtxTextParser.LBRACKET -> memory(context, opcode);
      case PtxTextParser.LBRACE ->
          new Operand.Vector(TokenArray.at(start), operands(context.operand(), opcode));
      default -> {
        var list = opcode.equals("call") ? list(context.term()) : null;
        yield list != null ? list : term(context, opcode);
      }
    };
  }

  List<Operand> operands(List<OperandContext> contexts, String opcode) {
    var operands = new ArrayList<Operand>(contexts.size());
    for (var context : contexts) {
      operands.add(operand(context, opcode));
    }
    return operands;
  }

  /** {@code (a, b)} of a call; {@code null} if it is something else. */
  private Operand list(TermContext term) {
    if (term.getChildCount() > 1
        || term.getStart().getType() != PtxTextParser.LPAREN
        || !(term.getChild(0) instanceof PrimaryContext primary)) {
      return null;
    }
    return new Operand.Group(TokenArray.at(term.getStart()), operands(primary.operand(), ""));
  }

  /**
   * An element of an array is its address to {@code mov} and {@code cvta}, and the memory itself to
   * others.
   */
  private Operand term(OperandContext context, String opcode) {
    var value = value(context.term());
    if (value instanceof Symbol symbol
        && context.term().getChild(0) instanceof PrimaryContext primary
        && primary.LBRACKET() != null
        && !opcode.equals("mov")
        && !opcode.equals("cvta")) {
      var at = TokenArray.at(context.getStart());
      return new Operand.Memory(at, symbol.name(), symbol.offset(), List.of());
    }
    return asOperand(context.getStart(), value);
  }

  private Operand memory(OperandContext context, String opcode) {
    var at = TokenArray.at(context.getStart());
    var rest = operands(context.operand(), opcode);
    var base = value(context.term());
    return switch (base) {
      case Symbol symbol -> new Operand.Memory(at, symbol.name(), symbol.offset(), rest);
      case Whole whole ->
          new Operand.Memory(at, new Operand.IntegerLiteral(at, whole.bits()), 0, rest);
      case Real real -> throw new PtxFault(at, "a floating-point number is no address");
      case Other other when other.operand() instanceof Operand.Sink && !rest.isEmpty() ->
          new Operand.Memory(at, other.operand(), 0, rest);
      case Other other -> throw new PtxFault(at, "this is no address");
    };
  }

  private static Operand asOperand(Token start, Value value) {
    var at = TokenArray.at(start);
    return switch (value) {
      case Whole whole -> new Operand.IntegerLiteral(at, whole.bits());
      case Real real -> new Operand.FloatLiteral(at, real.single(), real.bits());
      case Other other -> other.operand();
      case Symbol symbol when symbol.generic() || symbol.mask().isPresent() ->
          throw new PtxFault(at, "such an address belongs into an initialiser");
      case Symbol symbol when symbol.offset() != 0 ->
          new Operand.Address(at, symbol.name(), symbol.offset());
      case Symbol symbol -> symbol.name();
    };
  }

  // ---- terms

  /** The value of a {@code term} or a {@code count}. */
  Value value(ParserRuleContext term) {
    if (term.getChildCount() == 1) {
      return primary((PrimaryContext) term.getChild(0));
    }
    return new Reduction(term).result();
  }

  private Value primary(PrimaryContext context) {
    var start = context.getStart();
    return switch (start.getType()) {
      case PtxTextParser.WORD -> word(context);
      case PtxTextParser.INTEGER ->
          context.term() == null ? NumberText.whole(start) : masked(context);
      case PtxTextParser.FLOAT -> NumberText.real(start);
      case PtxTextParser.DIRECTIVE -> fraction(start);
      default -> parenthesized(context);
    };
  }

  private Value word(PrimaryContext context) {
    var token = context.getStart();
    if (context.ASSIGN() != null) {
      throw new PtxFault(TokenArray.at(token), "only samplers have properties");
    }
    if (context.LPAREN() != null) {
      if (!token.getText().equals("generic")) {
        throw new PtxFault(TokenArray.at(token), "'" + token.getText() + "' is no operator");
      }
      return new Symbol(names.operand(context.WORD(1).getSymbol()), 0, true, Optional.empty());
    }
    if (context.getChildCount() > 1) {
      return element(context);
    }
    return switch (token.getText()) {
      case "_" -> new Other(new Operand.Sink(TokenArray.at(token)));
      case "WARP_SZ" -> WARP_SIZE;
      default -> new Symbol(names.operand(token), 0, false, Optional.empty());
    };
  }

  /** {@code array[3]}: the address of an element. */
  private Value element(PrimaryContext context) {
    var name = names.operand(context.getStart());
    if (value(context.term()) instanceof Whole index) {
      return new Symbol(
          name, index.bits() * elementBytes.applyAsLong(name), false, Optional.empty());
    }
    throw new PtxFault(TokenArray.at(context.term().getStart()), "an index has to be constant");
  }

  private Value masked(PrimaryContext context) {
    long mask = NumberText.whole(context.getStart()).bits();
    if (value(context.term()) instanceof Symbol symbol && symbol.mask().isEmpty()) {
      return new Symbol(symbol.name(), symbol.offset(), symbol.generic(), Optional.of(mask));
    }
    throw new PtxFault(
        TokenArray.at(context.term().getStart()), "a mask takes the address of a symbol");
  }

  private static Value fraction(Token token) {
    String text = token.getText();
    if (!text.matches("\\.[0-9]+([eE][0-9]+)?")) {
      throw new PtxFault(TokenArray.at(token), "'" + text + "' cannot stand here");
    }
    return Real.of(Double.parseDouble(text));
  }

  private Value parenthesized(PrimaryContext context) {
    var inner = context.operand();
    if (inner.size() != 1 || inner.getFirst().term() == null) {
      throw new PtxFault(TokenArray.at(context.getStart()), "only calls take lists in parentheses");
    }
    return value(inner.getFirst().term());
  }

  /** Folds the operators of one term by their precedence, with stacks of its own. */
  private final class Reduction {
    private final Deque<Value> values = new ArrayDeque<>();
    private final Deque<Token> operators = new ArrayDeque<>();

    Reduction(ParserRuleContext term) {
      var signs = new ArrayDeque<Token>();
      for (ParseTree child : term.children) {
        switch (child) {
          case SignContext sign -> signs.push(sign.getStart());
          case PrimaryContext primary -> {
            var value = primary(primary);
            while (!signs.isEmpty()) {
              var sign = signs.pop();
              value = Arithmetic.sign(TokenArray.at(sign), sign.getText(), value);
            }
            values.push(value);
          }
          default -> operator(((ParserRuleContext) child).getStart());
        }
      }
    }

    Value result() {
      while (!operators.isEmpty()) {
        reduce();
      }
      return values.pop();
    }

    private void operator(Token operator) {
      if (operator.getType() == PtxTextParser.COLON) {
        openColon(operator);
        return;
      }
      int level = precedence(operator);
      while (!operators.isEmpty()
          && (precedence(operators.peek()) > level
              || precedence(operators.peek()) == level && level > 0)) {
        reduce();
      }
      operators.push(operator);
    }

    /** What stands between {@code ?} and {@code :} is complete. */
    private void openColon(Token colon) {
      while (!operators.isEmpty() && operators.peek().getType() != PtxTextParser.QUESTION) {
        reduce();
      }
      if (operators.isEmpty()) {
        throw new PtxFault(TokenArray.at(colon), "':' without '?'");
      }
      operators.pop();
      operators.push(colon);
    }

    private void reduce() {
      var operator = operators.pop();
      var at = TokenArray.at(operator);
      var right = values.pop();
      var left = values.pop();
      boolean numbers = left instanceof Whole && right instanceof Whole;
      switch (operator.getType()) {
        case PtxTextParser.QUESTION -> throw new PtxFault(at, "'?' without ':'");
        case PtxTextParser.COLON -> values.push(Arithmetic.choose(at, values.pop(), left, right));
        default ->
            values.push(
                operator.getType() == PtxTextParser.BAR && !numbers
                    ? pair(left, right, operator)
                    : Arithmetic.combine(at, operator.getText(), left, right));
      }
    }

    private Value pair(Value left, Value right, Token bar) {
      return new Other(
          new Operand.Pair(TokenArray.at(bar), asOperand(bar, left), asOperand(bar, right)));
    }
  }

  /** As in C; 0 for what associates to the right. */
  private static int precedence(Token operator) {
    return switch (operator.getType()) {
      case PtxTextParser.QUESTION, PtxTextParser.COLON -> 0;
      case PtxTextParser.OR -> 1;
      case PtxTextParser.AND -> 2;
      case PtxTextParser.BAR -> 3;
      case PtxTextParser.CARET -> 4;
      case PtxTextParser.AMPERSAND -> 5;
      case PtxTextParser.EQUAL, PtxTextParser.UNEQUAL -> 6;
      case PtxTextParser.LESS,
          PtxTextParser.GREATER,
          PtxTextParser.NOT_LESS,
          PtxTextParser.NOT_GREATER ->
          7;
      case PtxTextParser.SHIFT_LEFT, PtxTextParser.SHIFT_RIGHT -> 8;
      case PtxTextParser.PLUS, PtxTextParser.MINUS -> 9;
      default -> 10;
    };
  }
}
