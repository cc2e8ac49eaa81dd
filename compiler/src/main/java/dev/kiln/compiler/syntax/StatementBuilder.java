package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ExpressionBuilder.UnsupportedConstruct;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;

/** Parse trees of statements to {@link Stmt}. */
final class StatementBuilder {
  private final ExpressionBuilder expressions;
  private boolean withinHostFunction;

  StatementBuilder(Source source) {
    expressions = new ExpressionBuilder(source);
  }

  /** One statement, or several if they share a line. */
  List<Stmt> statement(KernelPythonParser.StatementContext context) {
    return context.simpleLine() != null
        ? simpleLine(context.simpleLine())
        : List.of(compound(context.compound()));
  }

  private List<Stmt> simpleLine(KernelPythonParser.SimpleLineContext context) {
    return context.simple().stream().map(this::simple).toList();
  }

  private List<Stmt> block(KernelPythonParser.BlockContext context) {
    if (context.simpleLine() != null) {
      return simpleLine(context.simpleLine());
    }
    var result = new ArrayList<Stmt>();
    context.statement().forEach(statement -> result.addAll(statement(statement)));
    return List.copyOf(result);
  }

  private List<Stmt> elseBlock(KernelPythonParser.ElseBlockContext context) {
    return context == null ? List.of() : block(context.block());
  }

  // ---- simple statements

  private Stmt simple(KernelPythonParser.SimpleContext context) {
    try {
      return withinHostFunction && isYield(context)
          ? yieldStatement(context)
          : supportedSimple(context);
    } catch (UnsupportedConstruct e) {
      return new Stmt.Unsupported(expressions.at(context), e.getMessage());
    }
  }

  private static boolean isYield(KernelPythonParser.SimpleContext context) {
    var statement = context.expressionStatement();
    return statement != null
        && statement.getChildCount() == 1
        && statement.expressionsOrYield(0).yieldExpression() != null
        && statement.expressionsOrYield(0).yieldExpression().FROM() == null;
  }

  private Stmt yieldStatement(KernelPythonParser.SimpleContext context) {
    var at = expressions.at(context);
    var yielded =
        context.expressionStatement().expressionsOrYield(0).yieldExpression().expressions();
    List<Expr> args =
        yielded == null ? List.of(new Expr.NoneLit(at)) : List.of(expressions.expressions(yielded));
    var keyword = new Expr.Name(expressions.at(context.start), Stmt.YIELD);
    return new Stmt.ExprStmt(at, new Expr.Call(at, keyword, args, List.of()));
  }

  private Stmt supportedSimple(KernelPythonParser.SimpleContext context) {
    var at = expressions.at(context);
    return switch (context.start.getType()) {
      case KernelPythonLexer.RETURN ->
          new Stmt.Return(
              at, Optional.ofNullable(context.expressions()).map(expressions::expressions));
      case KernelPythonLexer.PASS -> new Stmt.Pass(at);
      case KernelPythonLexer.BREAK -> new Stmt.Break(at);
      case KernelPythonLexer.CONTINUE -> new Stmt.Continue(at);
      case KernelPythonLexer.RAISE ->
          new Stmt.Raise(at, context.test().stream().findFirst().map(expressions::test));
      case KernelPythonLexer.ASSERT ->
          new Stmt.Assert(
              at,
              expressions.test(context.test(0)),
              context.test().stream().skip(1).findFirst().map(expressions::test));
      case KernelPythonLexer.GLOBAL ->
          new Stmt.Global(at, context.NAME().stream().map(expressions::name).toList());
      case KernelPythonLexer.DEL, KernelPythonLexer.NONLOCAL, KernelPythonLexer.TYPE ->
          new Stmt.Unsupported(at, context.start.getText());
      case KernelPythonLexer.IMPORT ->
          new Stmt.Import(at, context.dottedAs().stream().map(this::alias).toList());
      case KernelPythonLexer.FROM -> importFrom(at, context.importFrom());
      default -> expressionStatement(at, context.expressionStatement());
    };
  }

  private Stmt expressionStatement(
      Location at, KernelPythonParser.ExpressionStatementContext context) {
    var all = context.expressionsOrYield();
    if (context.annotation() != null) {
      return annotated(at, all.getFirst(), context.annotation());
    }
    if (context.augmented() != null) {
      Expr target = expressions.expressionsOrYield(all.getFirst());
      checkSingleTarget(target, "an augmented assignment");
      return new Stmt.AugAssign(
          at,
          target,
          augmentedOp(context.augmented().augmentedOperator().start.getType()),
          expressions.expressionsOrYield(context.augmented().expressionsOrYield()));
    }
    if (all.size() == 1) {
      Expr value = expressions.expressionsOrYield(all.getFirst());
      if (value instanceof Expr.NamedExpr named
          && context.start.getType() != KernelPythonLexer.LPAR) {
        throw CompilationException.at(
            named.loc(), "':=' cannot be a statement of its own", "to assign, write '='");
      }
      return new Stmt.ExprStmt(at, value);
    }
    var targets = new ArrayList<Expr>();
    for (var target : all.subList(0, all.size() - 1)) {
      Expr expression = expressions.expressionsOrYield(target);
      AssignmentTargets.check(expression);
      targets.add(expression);
    }
    return new Stmt.Assign(at, List.copyOf(targets), expressions.expressionsOrYield(all.getLast()));
  }

  private Stmt annotated(
      Location at,
      KernelPythonParser.ExpressionsOrYieldContext target,
      KernelPythonParser.AnnotationContext annotation) {
    Expr expression = expressions.expressionsOrYield(target);
    checkSingleTarget(expression, "an annotation");
    return new Stmt.AnnAssign(
        at,
        expression,
        expressions.test(annotation.test()),
        Optional.ofNullable(annotation.expressionsOrYield()).map(expressions::expressionsOrYield));
  }

  private static void checkSingleTarget(Expr target, String what) {
    if (target instanceof Expr.TupleExpr
        || target instanceof Expr.ListExpr
        || target instanceof Expr.Starred) {
      throw CompilationException.at(target.loc(), what + " takes a single target");
    }
    AssignmentTargets.check(target);
  }

  private static Expr.BinaryOp augmentedOp(int tokenType) {
    return switch (tokenType) {
      case KernelPythonLexer.PLUS_ASSIGN -> Expr.BinaryOp.ADD;
      case KernelPythonLexer.MINUS_ASSIGN -> Expr.BinaryOp.SUB;
      case KernelPythonLexer.STAR_ASSIGN -> Expr.BinaryOp.MUL;
      case KernelPythonLexer.POW_ASSIGN -> Expr.BinaryOp.POW;
      case KernelPythonLexer.SLASH_ASSIGN -> Expr.BinaryOp.DIV;
      case KernelPythonLexer.FLOOR_ASSIGN -> Expr.BinaryOp.FLOOR_DIV;
      case KernelPythonLexer.PERCENT_ASSIGN -> Expr.BinaryOp.MOD;
      case KernelPythonLexer.AT_ASSIGN -> Expr.BinaryOp.MAT_MUL;
      case KernelPythonLexer.AND_ASSIGN -> Expr.BinaryOp.BIT_AND;
      case KernelPythonLexer.OR_ASSIGN -> Expr.BinaryOp.BIT_OR;
      case KernelPythonLexer.XOR_ASSIGN -> Expr.BinaryOp.BIT_XOR;
      case KernelPythonLexer.SHL_ASSIGN -> Expr.BinaryOp.SHL;
      case KernelPythonLexer.SHR_ASSIGN -> Expr.BinaryOp.SHR;
      default -> throw new IllegalStateException("no augmented assignment: " + tokenType);
    };
  }

  // ---- imports

  private Stmt.Alias alias(KernelPythonParser.DottedAsContext context) {
    return new Stmt.Alias(
        dotted(context.dottedName()), Optional.ofNullable(context.NAME()).map(expressions::name));
  }

  private String dotted(KernelPythonParser.DottedNameContext context) {
    return context == null
        ? ""
        : String.join(".", context.NAME().stream().map(expressions::name).toList());
  }

  private Stmt importFrom(Location at, KernelPythonParser.ImportFromContext context) {
    int level = context.DOT().size() + 3 * context.ELLIPSIS().size();
    String module = dotted(context.dottedName());
    if (level == 0 && module.isEmpty()) {
      throw CompilationException.at(at, "'from' must be followed by the name of a module");
    }
    if (context.STAR() != null) {
      return new Stmt.ImportFrom(at, level, module, List.of(new Stmt.Alias("*", Optional.empty())));
    }
    expressions.checkCommas(context.importedNames());
    var names =
        context.importedNames().importedName().stream()
            .map(
                name ->
                    new Stmt.Alias(
                        expressions.name(name.NAME(0)),
                        Optional.ofNullable(name.NAME(1)).map(expressions::name)))
            .toList();
    return new Stmt.ImportFrom(at, level, module, names);
  }

  // ---- compound statements

  private Stmt compound(KernelPythonParser.CompoundContext context) {
    try {
      return supportedCompound(context);
    } catch (UnsupportedConstruct e) {
      return new Stmt.Unsupported(expressions.at(context.start), e.getMessage());
    }
  }

  private Stmt supportedCompound(KernelPythonParser.CompoundContext context) {
    if (context.function() != null && context.ASYNC() == null) {
      return function(context);
    }
    if (context.classDefinition() != null) {
      return classDefinition(context);
    }
    return switch (context.start.getType()) {
      case KernelPythonLexer.IF -> ifStatement(context.ifStatement());
      case KernelPythonLexer.WHILE ->
          new Stmt.While(
              header(context, context.block()),
              expressions.namedTest(context.namedTest()),
              block(context.block()),
              elseBlock(context.elseBlock()));
      case KernelPythonLexer.FOR ->
          new Stmt.For(
              header(context, context.block()),
              expressions.targets(context.targets()),
              expressions.expressions(context.expressions()),
              block(context.block()),
              elseBlock(context.elseBlock()));
      case KernelPythonLexer.WITH -> with(context.withStatement());
      default -> unsupported(context);
    };
  }

  /** From the first token to the colon, as far as it is on the first line. */
  private Location header(ParserRuleContext context, KernelPythonParser.BlockContext block) {
    return expressions.between(context.start, block.start);
  }

  private static Stmt.Unsupported unsupported(ExpressionBuilder expressions, Token keyword) {
    return new Stmt.Unsupported(expressions.at(keyword), keyword.getText());
  }

  private Stmt unsupported(KernelPythonParser.CompoundContext context) {
    Token keyword = context.start;
    if (keyword.getType() == KernelPythonLexer.AT) {
      keyword = context.ASYNC().getSymbol();
    }
    return unsupported(expressions, keyword);
  }

  private Stmt ifStatement(KernelPythonParser.IfStatementContext context) {
    var orElse = elseBlock(context.elseBlock());
    for (int i = context.namedTest().size() - 1; i >= 0; i--) {
      var test = expressions.namedTest(context.namedTest(i));
      var keyword = i == 0 ? context.IF() : context.ELIF(i - 1);
      var at = expressions.between(keyword.getSymbol(), context.block(i).start);
      orElse = List.of(new Stmt.If(at, test, block(context.block(i)), orElse));
    }
    return orElse.getFirst();
  }

  private Stmt with(KernelPythonParser.WithStatementContext context) {
    var items =
        context.withItem().stream()
            .map(
                item ->
                    new Stmt.WithItem(
                        expressions.test(item.test()),
                        Optional.ofNullable(item.target()).map(expressions::target)))
            .toList();
    return new Stmt.With(header(context, context.block()), items, block(context.block()));
  }

  private List<Expr> decorators(KernelPythonParser.CompoundContext context) {
    return context.decorator().stream()
        .map(decorator -> expressions.namedTest(decorator.namedTest()))
        .toList();
  }

  private Stmt function(KernelPythonParser.CompoundContext context) {
    var function = context.function();
    boolean outer = withinHostFunction;
    withinHostFunction = context.decorator().isEmpty();
    try {
      var body = block(function.block());
      return new Stmt.FunctionDef(
          expressions.between(function.start, function.NAME().getSymbol()),
          expressions.name(function.NAME()),
          expressions.parameters().of(function.parameters()),
          Optional.ofNullable(function.expressions()).map(expressions::expressions),
          decorators(context),
          body,
          docstring(body));
    } finally {
      withinHostFunction = outer;
    }
  }

  private static Optional<String> docstring(List<Stmt> body) {
    return body.getFirst() instanceof Stmt.ExprStmt(Location at, Expr.StrLit text)
        ? Optional.of(text.value())
        : Optional.empty();
  }

  private Stmt classDefinition(KernelPythonParser.CompoundContext context) {
    var definition = context.classDefinition();
    var bases =
        definition.arguments() == null
            ? Stream.<KernelPythonParser.ArgumentContext>empty()
            : definition.arguments().argument().stream();
    return new Stmt.ClassDef(
        expressions.between(definition.start, definition.NAME().getSymbol()),
        expressions.name(definition.NAME()),
        bases
            .filter(StatementBuilder::isPositional)
            .map(base -> expressions.test(base.test(0)))
            .toList(),
        decorators(context),
        block(definition.block()));
  }

  private static boolean isPositional(KernelPythonParser.ArgumentContext argument) {
    ParseTree first = argument.getChild(0);
    return !(first instanceof TerminalNode) && argument.ASSIGN() == null;
  }
}
