package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;

/** Parse trees of parameter lists to {@link Parameter}s, with Python's rules about their order. */
final class ParameterBuilder {
  private final ExpressionBuilder expressions;

  ParameterBuilder(ExpressionBuilder expressions) {
    this.expressions = expressions;
  }

  /** The parameters of a function; {@code context} may be null. */
  List<Parameter> of(KernelPythonParser.ParametersContext context) {
    if (context == null) {
      return List.of();
    }
    expressions.checkCommas(context);
    var list = new Parameters();
    for (var parameter : context.parameter()) {
      boolean starredAnnotation = parameter.STAR() != null;
      var annotation =
          starredAnnotation || parameter.COLON() == null
              ? Optional.<Expr>empty()
              : Optional.of(expressions.test(parameter.test(0)));
      var value =
          parameter.ASSIGN() == null
              ? Optional.<Expr>empty()
              : Optional.of(expressions.test(parameter.test(parameter.test().size() - 1)));
      list.add(parameter, parameter.start, parameter.NAME(), annotation, value);
    }
    return list.finish();
  }

  /** The parameters of a lambda; {@code context} may be null. */
  List<Parameter> of(KernelPythonParser.LambdaParametersContext context) {
    if (context == null) {
      return List.of();
    }
    expressions.checkCommas(context);
    var list = new Parameters();
    for (var parameter : context.lambdaParameter()) {
      var value = Optional.ofNullable(parameter.test()).map(expressions::test);
      list.add(parameter, parameter.start, parameter.NAME(), Optional.empty(), value);
    }
    return list.finish();
  }

  /** A list that grows from left to right. */
  private final class Parameters {
    private final List<Parameter> result = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private Parameter.Kind kind = Parameter.Kind.POSITIONAL_OR_KEYWORD;
    private boolean hasDefault;
    private Location bareStar;

    void add(
        ParserRuleContext context,
        Token first,
        TerminalNode name,
        Optional<Expr> annotation,
        Optional<Expr> value) {
      var at = expressions.at(context);
      if (kind == Parameter.Kind.VAR_KEYWORD) {
        throw CompilationException.at(at, "no parameter can follow '**'");
      }
      switch (first.getType()) {
        case KernelPythonLexer.SLASH -> allPositionalOnly(at);
        case KernelPythonLexer.STAR -> star(at, name);
        case KernelPythonLexer.DOUBLE_STAR -> {
          kind = Parameter.Kind.VAR_KEYWORD;
          add(at, name, kind, annotation, value);
        }
        default -> plain(at, name, annotation, value);
      }
    }

    private void star(Location at, TerminalNode name) {
      if (kind == Parameter.Kind.KEYWORD_ONLY) {
        throw CompilationException.at(at, "'*' stands twice among the parameters");
      }
      kind = Parameter.Kind.KEYWORD_ONLY;
      if (name == null) {
        bareStar = at;
      } else {
        add(at, name, Parameter.Kind.VAR_POSITIONAL, Optional.empty(), Optional.empty());
      }
    }

    private void plain(
        Location at, TerminalNode name, Optional<Expr> annotation, Optional<Expr> value) {
      if (kind == Parameter.Kind.POSITIONAL_OR_KEYWORD) {
        if (hasDefault && value.isEmpty()) {
          throw CompilationException.at(
              at,
              "parameter '" + name.getText() + "' has no default value but follows one that has");
        }
        hasDefault |= value.isPresent();
      }
      bareStar = null;
      add(at, name, kind, annotation, value);
    }

    private void add(
        Location at,
        TerminalNode name,
        Parameter.Kind as,
        Optional<Expr> annotation,
        Optional<Expr> value) {
      String id = expressions.name(name);
      if (!names.add(id)) {
        throw CompilationException.at(at, "parameter '" + id + "' is declared twice");
      }
      result.add(new Parameter(at, id, as, annotation, value));
    }

    private void allPositionalOnly(Location at) {
      if (result.isEmpty() || kind != Parameter.Kind.POSITIONAL_OR_KEYWORD) {
        throw CompilationException.at(at, "'/' must follow at least one parameter and precede '*'");
      }
      result.replaceAll(
          p ->
              new Parameter(
                  p.loc(),
                  p.name(),
                  Parameter.Kind.POSITIONAL_ONLY,
                  p.annotation(),
                  p.defaultValue()));
    }

    List<Parameter> finish() {
      if (bareStar != null) {
        throw CompilationException.at(bareStar, "a named parameter must follow '*'");
      }
      return List.copyOf(result);
    }
  }
}
