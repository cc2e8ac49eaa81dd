package dev.kiln.compiler.syntax;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Abstract syntax as text: a statement per line, blocks indented, expressions in prefix form.
 *
 * <p>{@code x = a + f(b)[0]} prints as {@code assign x (+ a (index (call f b) 0))}. Every
 * difference in structure shows, as precedence does here; locations do not.
 */
public final class AstPrinter {
  private final StringBuilder out = new StringBuilder();
  private int depth;

  private AstPrinter() {}

  /** The statements of a file, one per line with a line feed at each end. */
  public static String print(List<Stmt> statements) {
    var printer = new AstPrinter();
    statements.forEach(printer::statement);
    return printer.out.toString();
  }

  // ---- statements

  private void line(String text) {
    out.repeat("  ", depth).append(text).append('\n');
  }

  private void block(List<Stmt> statements) {
    depth++;
    statements.forEach(this::statement);
    depth--;
  }

  private void elseBlock(List<Stmt> statements) {
    if (!statements.isEmpty()) {
      line("else");
      block(statements);
    }
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.FunctionDef function -> function(function);
      case Stmt.ClassDef definition -> {
        definition.decorators().forEach(decorator -> line("@" + print(decorator)));
        line("class " + definition.name() + all(definition.bases()));
        block(definition.body());
      }
      case Stmt.Return s -> line("return" + maybe(s.value()));
      case Stmt.Assign s -> line("assign" + all(s.targets()) + " " + print(s.value()));
      case Stmt.AnnAssign s ->
          line("annotate " + print(s.target()) + " " + print(s.annotation()) + maybe(s.value()));
      case Stmt.AugAssign s ->
          line("update " + s.op().symbol() + " " + print(s.target()) + " " + print(s.value()));
      case Stmt.If s -> {
        line("if " + print(s.test()));
        block(s.body());
        elseBlock(s.orElse());
      }
      case Stmt.For s -> {
        line("for " + print(s.target()) + " " + print(s.iterable()));
        block(s.body());
        elseBlock(s.orElse());
      }
      case Stmt.While s -> {
        line("while " + print(s.test()));
        block(s.body());
        elseBlock(s.orElse());
      }
      case Stmt.With s -> {
        line("with " + s.items().stream().map(AstPrinter::item).collect(Collectors.joining(", ")));
        block(s.body());
      }
      case Stmt.Assert s -> line("assert " + print(s.test()) + maybe(s.message()));
      case Stmt.Raise s -> line("raise" + maybe(s.exception()));
      case Stmt.Pass s -> line("pass");
      case Stmt.Break s -> line("break");
      case Stmt.Continue s -> line("continue");
      case Stmt.ExprStmt s -> line("do " + print(s.value()));
      case Stmt.Import s -> line("import " + aliases(s.names()));
      case Stmt.ImportFrom s ->
          line("from " + ".".repeat(s.level()) + s.module() + " import " + aliases(s.names()));
      case Stmt.Global s -> line("global " + String.join(" ", s.names()));
      case Stmt.Unsupported s -> line("unsupported " + s.what());
    }
  }

  private void function(Stmt.FunctionDef function) {
    function.decorators().forEach(decorator -> line("@" + print(decorator)));
    String returns = function.returns().map(type -> " -> " + print(type)).orElse("");
    line("def " + function.name() + parameters(function.parameters()) + returns);
    block(function.body());
  }

  private static String item(Stmt.WithItem item) {
    return print(item.context()) + item.target().map(target -> " as " + print(target)).orElse("");
  }

  private static String aliases(List<Stmt.Alias> aliases) {
    return aliases.stream()
        .map(alias -> alias.name() + alias.asName().map(name -> " as " + name).orElse(""))
        .collect(Collectors.joining(", "));
  }

  private static String parameters(List<Parameter> parameters) {
    return parameters.stream()
        .map(AstPrinter::parameter)
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String parameter(Parameter parameter) {
    String prefix =
        switch (parameter.kind()) {
          case POSITIONAL_ONLY -> "/";
          case POSITIONAL_OR_KEYWORD -> "";
          case VAR_POSITIONAL -> "*";
          case KEYWORD_ONLY -> "=";
          case VAR_KEYWORD -> "**";
        };
    return prefix
        + parameter.name()
        + parameter.annotation().map(type -> ": " + print(type)).orElse("")
        + parameter.defaultValue().map(value -> " = " + print(value)).orElse("");
  }

  // ---- expressions

  private static String all(List<Expr> expressions) {
    return expressions.stream()
        .map(expression -> " " + print(expression))
        .collect(Collectors.joining());
  }

  private static String maybe(Optional<Expr> expression) {
    return expression.map(value -> " " + print(value)).orElse("");
  }

  private static String orNothing(Optional<Expr> expression) {
    return expression.map(AstPrinter::print).orElse("_");
  }

  /** An expression on one line. */
  public static String print(Expr expression) {
    return switch (expression) {
      case Expr.Name e -> e.id();
      case Expr.IntLit e -> e.value().toString();
      case Expr.FloatLit e -> Double.toString(e.value());
      case Expr.StrLit e -> quoted(e.value());
      case Expr.BoolLit e -> e.value() ? "True" : "False";
      case Expr.NoneLit e -> "None";
      case Expr.EllipsisLit e -> "...";
      case Expr.JoinedStr e -> "(format" + all(e.parts()) + ")";
      case Expr.FormattedValue e ->
          "{"
              + print(e.value())
              + e.conversion().map(c -> " !" + c).orElse("")
              + e.spec().map(spec -> " :" + spec).orElse("")
              + "}";
      case Expr.TupleExpr e -> "(tuple" + all(e.elements()) + ")";
      case Expr.ListExpr e -> "(list" + all(e.elements()) + ")";
      case Expr.DictExpr e -> dict(e);
      case Expr.SetExpr e -> "(set" + all(e.elements()) + ")";
      case Expr.Comprehension e ->
          (e.isGenerator() ? "(each " : "(list-each ")
              + print(e.element())
              + generators(e.generators())
              + ")";
      case Expr.DictComprehension e ->
          "(dict-each "
              + print(e.key())
              + " "
              + print(e.value())
              + generators(e.generators())
              + ")";
      case Expr.Binary e ->
          "(" + e.op().symbol() + " " + print(e.left()) + " " + print(e.right()) + ")";
      case Expr.Unary e -> "(" + e.op().symbol() + " " + print(e.operand()) + ")";
      case Expr.Bool e -> (e.isAnd() ? "(and" : "(or") + all(e.values()) + ")";
      case Expr.Compare e -> compare(e);
      case Expr.IfExp e ->
          "(if " + print(e.test()) + " " + print(e.body()) + " " + print(e.orElse()) + ")";
      case Expr.Call e ->
          "(call " + print(e.function()) + all(e.args()) + keywords(e.keywords()) + ")";
      case Expr.Attribute e -> print(e.value()) + "." + e.name();
      case Expr.Subscript e -> "(index " + print(e.value()) + " " + print(e.index()) + ")";
      case Expr.Slice e ->
          "(slice "
              + orNothing(e.lower())
              + " "
              + orNothing(e.upper())
              + " "
              + orNothing(e.step())
              + ")";
      case Expr.Starred e -> "*" + print(e.value());
      case Expr.NamedExpr e -> "(:= " + e.target() + " " + print(e.value()) + ")";
      case Expr.Lambda e -> "(lambda " + parameters(e.parameters()) + " " + print(e.body()) + ")";
    };
  }

  private static String compare(Expr.Compare compare) {
    var text = new StringBuilder("(compare ").append(print(compare.left()));
    for (int i = 0; i < compare.ops().size(); i++) {
      text.append(' ')
          .append(compare.ops().get(i).symbol())
          .append(' ')
          .append(print(compare.comparators().get(i)));
    }
    return text.append(')').toString();
  }

  private static String dict(Expr.DictExpr dict) {
    var text = new StringBuilder("(dict");
    for (int i = 0; i < dict.keys().size(); i++) {
      text.append(' ').append(print(dict.keys().get(i)));
      if (!(dict.keys().get(i) instanceof Expr.Starred)) {
        text.append(" ").append(print(dict.values().get(i)));
      }
    }
    return text.append(')').toString();
  }

  private static String generators(List<Expr.Generator> generators) {
    return generators.stream()
        .map(
            generator ->
                " (for "
                    + print(generator.target())
                    + " "
                    + print(generator.iterable())
                    + all(generator.conditions())
                    + ")")
        .collect(Collectors.joining());
  }

  private static String keywords(List<Expr.Keyword> keywords) {
    return keywords.stream()
        .map(
            keyword ->
                " " + keyword.name().map(name -> name + "=").orElse("**") + print(keyword.value()))
        .collect(Collectors.joining());
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        default ->
            quoted.append(c < ' ' ? String.format("\\x%02x", (int) c) : Character.toString(c));
      }
    }
    return quoted.append('"').toString();
  }
}
