package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.KernelPythonParser.ArgumentContext;
import dev.kiln.compiler.syntax.KernelPythonParser.ArithmeticContext;
import dev.kiln.compiler.syntax.KernelPythonParser.AtomContext;
import dev.kiln.compiler.syntax.KernelPythonParser.ComparisonContext;
import dev.kiln.compiler.syntax.KernelPythonParser.ConjunctionContext;
import dev.kiln.compiler.syntax.KernelPythonParser.DisjunctionContext;
import dev.kiln.compiler.syntax.KernelPythonParser.EntryContext;
import dev.kiln.compiler.syntax.KernelPythonParser.ExpressionsContext;
import dev.kiln.compiler.syntax.KernelPythonParser.ExpressionsOrYieldContext;
import dev.kiln.compiler.syntax.KernelPythonParser.FactorContext;
import dev.kiln.compiler.syntax.KernelPythonParser.GeneratorsContext;
import dev.kiln.compiler.syntax.KernelPythonParser.NamedTestContext;
import dev.kiln.compiler.syntax.KernelPythonParser.PrimaryContext;
import dev.kiln.compiler.syntax.KernelPythonParser.SliceRestContext;
import dev.kiln.compiler.syntax.KernelPythonParser.StarredContext;
import dev.kiln.compiler.syntax.KernelPythonParser.SubscriptContext;
import dev.kiln.compiler.syntax.KernelPythonParser.SubscriptsContext;
import dev.kiln.compiler.syntax.KernelPythonParser.TargetsContext;
import dev.kiln.compiler.syntax.KernelPythonParser.TestContext;
import dev.kiln.compiler.syntax.KernelPythonParser.TrailerContext;
import java.math.BigInteger;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;

/** Parse trees of expressions to {@link Expr}. */
final class ExpressionBuilder {
  /**
   * A construct that {@link Expr} does not have; the statement around it becomes {@link
   * Stmt.Unsupported}.
   */
  static final class UnsupportedConstruct extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsupportedConstruct(String what) {
      super(what, null, false, false);
    }
  }

  private final Source source;
  private final ParameterBuilder parameters = new ParameterBuilder(this);

  ExpressionBuilder(Source source) {
    this.source = source;
  }

  ParameterBuilder parameters() {
    return parameters;
  }

  Source source() {
    return source;
  }

  // ---- locations

  Location at(ParserRuleContext context) {
    return between(context.start, context.stop == null ? context.start : context.stop);
  }

  Location at(Token token) {
    return between(token, token);
  }

  /**
   * From the first token on; ends at the end of the first line if the last token stands on another.
   */
  Location between(Token first, Token last) {
    int column = first.getCharPositionInLine() + 1;
    int lineLength = source.line(first.getLine()).length();
    int end =
        first.getLine() == last.getLine()
            ? last.getCharPositionInLine() + 1 + last.getStopIndex() - last.getStartIndex() + 1
            : lineLength + 1;
    return Location.of(source, first.getLine(), column, Math.min(end, lineLength + 1));
  }

  String name(TerminalNode node) {
    return name(node.getSymbol());
  }

  /** An identifier in the normal form by which Python compares them. */
  static String name(Token token) {
    String text = token.getText();
    return Normalizer.isNormalized(text, Normalizer.Form.NFKC)
        ? text
        : Normalizer.normalize(text, Normalizer.Form.NFKC);
  }

  // ---- lists

  Expr expressionsOrYield(ExpressionsOrYieldContext context) {
    if (context.expressions() == null) {
      throw new UnsupportedConstruct("yield");
    }
    return expressions(context.expressions());
  }

  /** One expression, or a tuple if there is a comma. */
  Expr expressions(ExpressionsContext context) {
    if (context.getChildCount() == 1) {
      Expr single = starred(context.starred(0));
      if (single instanceof Expr.Starred) {
        throw CompilationException.at(
            single.loc(), "'*' needs a tuple, a list or a call around it");
      }
      return single;
    }
    return new Expr.TupleExpr(at(context), elements(context));
  }

  private List<Expr> elements(ExpressionsContext context) {
    checkCommas(context);
    return context.starred().stream().map(this::starred).toList();
  }

  /**
   * Lists are parsed with any number of commas between two elements, to decide by one token; there
   * must be one.
   */
  void checkCommas(ParserRuleContext list) {
    boolean afterComma = false;
    for (ParseTree child : list.children) {
      boolean comma =
          child instanceof TerminalNode node
              && node.getSymbol().getType() == KernelPythonLexer.COMMA;
      if (comma && afterComma) {
        throw CompilationException.at(
            at(((TerminalNode) child).getSymbol()), "nothing stands between two commas");
      }
      afterComma = comma;
    }
  }

  private Expr starred(StarredContext context) {
    return context.STAR() != null
        ? new Expr.Starred(at(context), arithmetic(context.arithmetic()))
        : namedTest(context.namedTest());
  }

  Expr namedTest(NamedTestContext context) {
    if (context.WALRUS() == null) {
      return test(context.test(0));
    }
    return named(context, context.test(0), context.test(1));
  }

  private Expr named(ParserRuleContext context, TestContext target, TestContext value) {
    if (test(target) instanceof Expr.Name name) {
      return new Expr.NamedExpr(at(context), name.id(), test(value));
    }
    throw CompilationException.at(at(target), "':=' can only bind a plain name");
  }

  // ---- operators that yield one of their operands, and comparisons

  Expr test(TestContext context) {
    if (context.LAMBDA() != null) {
      return new Expr.Lambda(
          at(context), parameters.of(context.lambdaParameters()), test(context.test()));
    }
    Expr body = disjunction(context.disjunction(0));
    if (context.IF() == null) {
      return body;
    }
    return new Expr.IfExp(
        at(context), disjunction(context.disjunction(1)), body, test(context.test()));
  }

  private Expr disjunction(DisjunctionContext context) {
    return context.getChildCount() == 1
        ? conjunction(context.conjunction(0))
        : new Expr.Bool(
            at(context), false, context.conjunction().stream().map(this::conjunction).toList());
  }

  private Expr conjunction(ConjunctionContext context) {
    return context.getChildCount() == 1
        ? comparison(context.comparison(0))
        : new Expr.Bool(
            at(context), true, context.comparison().stream().map(this::comparison).toList());
  }

  private Expr comparison(ComparisonContext context) {
    if (context.getChildCount() == 1) {
      return arithmetic(context.arithmetic(0));
    }
    var operands = context.arithmetic();
    Expr result = arithmetic(operands.getFirst());
    if (operands.size() > 1) {
      var ops = context.comparisonOperator().stream().map(op -> compareOp(op.getText())).toList();
      var others = operands.subList(1, operands.size()).stream().map(this::arithmetic).toList();
      result =
          new Expr.Compare(between(operands.getFirst().start, context.stop), result, ops, others);
    }
    var nots = context.NOT();
    for (int i = nots.size() - 1; i >= 0; i--) {
      result =
          new Expr.Unary(between(nots.get(i).getSymbol(), context.stop), Expr.UnaryOp.NOT, result);
    }
    return result;
  }

  private static Expr.CompareOp compareOp(String text) {
    return switch (text) {
      case "==" -> Expr.CompareOp.EQ;
      case "!=" -> Expr.CompareOp.NE;
      case "<" -> Expr.CompareOp.LT;
      case "<=" -> Expr.CompareOp.LE;
      case ">" -> Expr.CompareOp.GT;
      case ">=" -> Expr.CompareOp.GE;
      case "in" -> Expr.CompareOp.IN;
      case "notin" -> Expr.CompareOp.NOT_IN;
      case "is" -> Expr.CompareOp.IS;
      default -> Expr.CompareOp.IS_NOT;
    };
  }

  // ---- arithmetic

  Expr arithmetic(ArithmeticContext context) {
    if (context.getChildCount() == 1) {
      return factor(context.factor(0));
    }
    return new Folding(context).fold(0);
  }

  /** Folds a flat chain of operands and left-associative operators by their precedence. */
  private final class Folding {
    private final List<FactorContext> operands;
    private final List<Expr.BinaryOp> ops;
    private int next;

    Folding(ArithmeticContext context) {
      operands = context.factor();
      ops = context.arithmeticOperator().stream().map(op -> binaryOp(op.start.getType())).toList();
    }

    Expr fold(int leastPrecedence) {
      var first = operands.get(next).start;
      Expr left = factor(operands.get(next));
      while (next < ops.size() && precedence(ops.get(next)) >= leastPrecedence) {
        var op = ops.get(next++);
        Expr right = fold(precedence(op) + 1);
        left = new Expr.Binary(between(first, operands.get(next).stop), op, left, right);
      }
      return left;
    }
  }

  private static int precedence(Expr.BinaryOp op) {
    return switch (op) {
      case BIT_OR -> 0;
      case BIT_XOR -> 1;
      case BIT_AND -> 2;
      case SHL, SHR -> 3;
      case ADD, SUB -> 4;
      case MUL, DIV, FLOOR_DIV, MOD, MAT_MUL -> 5;
      case POW -> 6;
    };
  }

  private static Expr.BinaryOp binaryOp(int tokenType) {
    return switch (tokenType) {
      case KernelPythonLexer.PLUS -> Expr.BinaryOp.ADD;
      case KernelPythonLexer.MINUS -> Expr.BinaryOp.SUB;
      case KernelPythonLexer.STAR -> Expr.BinaryOp.MUL;
      case KernelPythonLexer.SLASH -> Expr.BinaryOp.DIV;
      case KernelPythonLexer.DOUBLE_SLASH -> Expr.BinaryOp.FLOOR_DIV;
      case KernelPythonLexer.PERCENT -> Expr.BinaryOp.MOD;
      case KernelPythonLexer.AT -> Expr.BinaryOp.MAT_MUL;
      case KernelPythonLexer.AMPERSAND -> Expr.BinaryOp.BIT_AND;
      case KernelPythonLexer.BAR -> Expr.BinaryOp.BIT_OR;
      case KernelPythonLexer.CARET -> Expr.BinaryOp.BIT_XOR;
      case KernelPythonLexer.SHIFT_LEFT -> Expr.BinaryOp.SHL;
      case KernelPythonLexer.SHIFT_RIGHT -> Expr.BinaryOp.SHR;
      default -> throw new IllegalStateException("no arithmetic operator: " + tokenType);
    };
  }

  private Expr factor(FactorContext context) {
    Expr result = primary(context.primary());
    if (context.DOUBLE_STAR() != null) {
      Expr exponent = factor(context.factor());
      result =
          new Expr.Binary(
              between(context.primary().start, context.stop), Expr.BinaryOp.POW, result, exponent);
    }
    for (int i = signs(context) - 1; i >= 0; i--) {
      var sign = ((TerminalNode) context.getChild(i)).getSymbol();
      var op =
          switch (sign.getType()) {
            case KernelPythonLexer.PLUS -> Expr.UnaryOp.PLUS;
            case KernelPythonLexer.MINUS -> Expr.UnaryOp.MINUS;
            default -> Expr.UnaryOp.INVERT;
          };
      result = new Expr.Unary(between(sign, context.stop), op, result);
    }
    return result;
  }

  private static int signs(FactorContext context) {
    int count = 0;
    while (context.getChild(count) instanceof TerminalNode) {
      count++;
    }
    return count;
  }

  // ---- calls, attributes, subscripts

  private Expr primary(PrimaryContext context) {
    if (context.AWAIT() != null) {
      throw new UnsupportedConstruct("await");
    }
    Expr result = atom(context.atom());
    for (var trailer : context.trailer()) {
      result = trailer(result, context.start, trailer);
    }
    return result;
  }

  private Expr trailer(Expr value, Token first, TrailerContext context) {
    var at = between(first, context.stop);
    if (context.NAME() != null) {
      return new Expr.Attribute(at, value, name(context.NAME()));
    }
    if (context.subscripts() != null) {
      return new Expr.Subscript(at, value, index(context.subscripts()));
    }
    var args = new ArrayList<Expr>();
    var keywords = new ArrayList<Expr.Keyword>();
    if (context.arguments() != null) {
      checkCommas(context.arguments());
      for (var argument : context.arguments().argument()) {
        argument(argument, args, keywords);
      }
    }
    return new Expr.Call(at, value, List.copyOf(args), List.copyOf(keywords));
  }

  private void argument(ArgumentContext context, List<Expr> args, List<Expr.Keyword> keywords) {
    var at = at(context);
    if (context.DOUBLE_STAR() != null) {
      keywords.add(new Expr.Keyword(at, Optional.empty(), test(context.test(0))));
    } else if (context.ASSIGN() != null) {
      keywords.add(
          new Expr.Keyword(at, Optional.of(keywordName(context, keywords)), test(context.test(1))));
    } else if (context.STAR() != null) {
      args.add(new Expr.Starred(at, test(context.test(0))));
    } else {
      if (!keywords.isEmpty()) {
        throw CompilationException.at(at, "positional argument after a keyword argument");
      }
      args.add(plainArgument(context));
    }
  }

  private String keywordName(ArgumentContext context, List<Expr.Keyword> before) {
    if (!(test(context.test(0)) instanceof Expr.Name name)) {
      throw CompilationException.at(
          at(context.test(0)),
          "the left of '=' in a call must be a parameter's name",
          "to compare, write '=='");
    }
    if (before.stream().anyMatch(keyword -> keyword.name().equals(Optional.of(name.id())))) {
      throw CompilationException.at(
          at(context), "keyword argument '" + name.id() + "' is given twice");
    }
    return name.id();
  }

  private Expr plainArgument(ArgumentContext context) {
    if (context.WALRUS() != null) {
      return named(context, context.test(0), context.test(1));
    }
    Expr value = test(context.test(0));
    return context.generators() == null
        ? value
        : new Expr.Comprehension(at(context), value, generators(context.generators()), true);
  }

  private Expr index(SubscriptsContext context) {
    checkCommas(context);
    var elements = context.subscript().stream().map(this::subscript).toList();
    return context.getChildCount() == 1 && !(elements.getFirst() instanceof Expr.Starred)
        ? elements.getFirst()
        : new Expr.TupleExpr(at(context), elements);
  }

  private Expr subscript(SubscriptContext context) {
    if (context.STAR() != null) {
      return new Expr.Starred(at(context), arithmetic(context.arithmetic()));
    }
    if (context.sliceRest() == null) {
      return namedTest(context.namedTest());
    }
    SliceRestContext rest = context.sliceRest();
    return new Expr.Slice(
        at(context),
        Optional.ofNullable(context.namedTest()).map(this::namedTest),
        Optional.ofNullable(rest.upper).map(this::test),
        Optional.ofNullable(rest.step).map(this::test));
  }

  // ---- atoms

  private Expr atom(AtomContext context) {
    var first = context.start;
    return switch (first.getType()) {
      case KernelPythonLexer.NAME -> new Expr.Name(at(first), name(first));
      case KernelPythonLexer.INTEGER -> new Expr.IntLit(at(first), integer(first.getText()));
      case KernelPythonLexer.FLOAT ->
          new Expr.FloatLit(at(first), Double.parseDouble(first.getText().replace("_", "")));
      case KernelPythonLexer.TRUE -> new Expr.BoolLit(at(first), true);
      case KernelPythonLexer.FALSE -> new Expr.BoolLit(at(first), false);
      case KernelPythonLexer.NONE -> new Expr.NoneLit(at(first));
      case KernelPythonLexer.ELLIPSIS -> new Expr.EllipsisLit(at(first));
      case KernelPythonLexer.LPAR -> parenthesised(context);
      case KernelPythonLexer.LBRACKET -> list(context);
      case KernelPythonLexer.LBRACE -> braced(context);
      case KernelPythonLexer.IMAGINARY -> throw new UnsupportedConstruct("complex number");
      default ->
          new StringLiterals(source)
              .join(
                  at(context),
                  context.children.stream()
                      .map(node -> ((TerminalNode) node).getSymbol())
                      .toList());
    };
  }

  private static BigInteger integer(String text) {
    String digits = text.replace("_", "").toLowerCase(Locale.ROOT);
    int radix =
        digits.startsWith("0x")
            ? 16
            : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 10;
    return new BigInteger(radix == 10 ? digits : digits.substring(2), radix);
  }

  private Expr parenthesised(AtomContext context) {
    if (context.yieldExpression() != null) {
      throw new UnsupportedConstruct("yield");
    }
    if (context.expressions() == null) {
      return new Expr.TupleExpr(at(context), List.of());
    }
    if (context.generators() != null) {
      return comprehension(context, true);
    }
    return context.expressions().getChildCount() == 1
        ? expressions(context.expressions())
        : new Expr.TupleExpr(at(context), elements(context.expressions()));
  }

  private Expr list(AtomContext context) {
    if (context.generators() != null) {
      return comprehension(context, false);
    }
    return new Expr.ListExpr(
        at(context), context.expressions() == null ? List.of() : elements(context.expressions()));
  }

  private Expr comprehension(AtomContext context, boolean isGenerator) {
    return new Expr.Comprehension(
        at(context),
        expressions(context.expressions()),
        generators(context.generators()),
        isGenerator);
  }

  private List<Expr.Generator> generators(GeneratorsContext context) {
    var result = new ArrayList<Expr.Generator>();
    for (var generator : context.generator()) {
      if (generator.ASYNC() != null) {
        throw new UnsupportedConstruct("async");
      }
      var conditions = generator.condition().stream().map(this::condition).toList();
      result.add(
          new Expr.Generator(
              targets(generator.targets()), disjunction(generator.disjunction()), conditions));
    }
    return List.copyOf(result);
  }

  private Expr condition(KernelPythonParser.ConditionContext context) {
    Expr body = disjunction(context.disjunction());
    return context.LAMBDA() == null
        ? body
        : new Expr.Lambda(at(context), parameters.of(context.lambdaParameters()), body);
  }

  /** The targets of {@code for}: one, or a tuple if there is a comma. */
  Expr targets(TargetsContext context) {
    checkCommas(context);
    var targets = context.target().stream().map(this::target).toList();
    return context.getChildCount() == 1
        ? targets.getFirst()
        : new Expr.TupleExpr(at(context), targets);
  }

  Expr target(KernelPythonParser.TargetContext context) {
    Expr value = arithmetic(context.arithmetic());
    AssignmentTargets.check(value);
    return context.STAR() == null ? value : new Expr.Starred(at(context), value);
  }

  /** A dict, a set, or a comprehension of either; a set comprehension is {@code set(generator)}. */
  private Expr braced(AtomContext context) {
    var at = at(context);
    var entries = context.entry();
    if (entries.isEmpty()) {
      return new Expr.DictExpr(at, List.of(), List.of());
    }
    checkCommas(context);
    boolean isDict = isDictEntry(entries.getFirst());
    for (var entry : entries) {
      if (isDictEntry(entry) != isDict) {
        throw CompilationException.at(
            at(entry), "entries with and without ':' are mixed in one pair of braces");
      }
    }
    if (context.generators() != null) {
      return bracedComprehension(at, entries.getFirst(), isDict, generators(context.generators()));
    }
    if (isDict) {
      return new Expr.DictExpr(
          at,
          entries.stream().map(this::dictKey).toList(),
          entries.stream().map(this::dictValue).toList());
    }
    return new Expr.SetExpr(at, entries.stream().map(this::setElement).toList());
  }

  private Expr bracedComprehension(
      Location at, EntryContext entry, boolean isDict, List<Expr.Generator> generators) {
    if (isDict) {
      return new Expr.DictComprehension(at, dictKey(entry), dictValue(entry), generators);
    }
    var elements = new Expr.Comprehension(at, setElement(entry), generators, true);
    return new Expr.Call(at, new Expr.Name(at, "set"), List.of(elements), List.of());
  }

  private static boolean isDictEntry(EntryContext entry) {
    return entry.COLON() != null || entry.DOUBLE_STAR() != null;
  }

  private Expr dictKey(EntryContext entry) {
    return entry.DOUBLE_STAR() != null
        ? new Expr.Starred(at(entry), arithmetic(entry.arithmetic()))
        : namedTest(entry.namedTest());
  }

  private Expr dictValue(EntryContext entry) {
    return entry.DOUBLE_STAR() != null ? arithmetic(entry.arithmetic()) : test(entry.test());
  }

  private Expr setElement(EntryContext entry) {
    return entry.STAR() != null
        ? new Expr.Starred(at(entry), arithmetic(entry.arithmetic()))
        : namedTest(entry.namedTest());
  }
}
