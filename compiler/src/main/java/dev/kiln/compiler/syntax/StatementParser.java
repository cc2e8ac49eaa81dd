package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;
import java.util.function.Function;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;

/** Parses single statements and expressions out of a tokenized source. */
final class StatementParser {
  private final TokenizedSource tokens;
  private final KernelPythonParser parser;

  StatementParser(TokenizedSource tokens) {
    this.tokens = tokens;
    parser = new KernelPythonParser(null);
    parser.removeErrorListeners();
  }

  /**
   * The statements in {@code [from, to)}, which is one compound statement or one line.
   *
   * @throws CompilationException if they are not well formed
   */
  List<Stmt> statement(int from, int to) {
    var tree = parse(from, to, KernelPythonParser::statementOnly);
    return guarded(from, () -> new StatementBuilder(tokens.source()).statement(tree.statement()));
  }

  /**
   * The expression in {@code [from, to)}.
   *
   * @throws CompilationException if it is not well formed
   */
  Expr expression(int from, int to) {
    var tree = parse(from, to, KernelPythonParser::expressionOnly);
    return guarded(
        from,
        () -> new ExpressionBuilder(tokens.source()).expressionsOrYield(tree.expressionsOrYield()));
  }

  /** An expression within a source, whose text begins at {@code line} and {@code column}. */
  static Expr expression(Source source, String text, int line, int column) {
    var tokens =
        new TokenizedSource(source, IndentationLexer.ofExpression(source, text, line, column));
    return new StatementParser(tokens).expression(0, tokens.end());
  }

  private <T extends ParserRuleContext> T parse(
      int from, int to, Function<KernelPythonParser, T> rule) {
    tokens
        .fault(from, to)
        .ifPresent(
            fault -> {
              throw new CompilationException(fault.diagnostic());
            });
    return guarded(from, () -> parseTokens(from, to, rule));
  }

  private <T extends ParserRuleContext> T parseTokens(
      int from, int to, Function<KernelPythonParser, T> rule) {
    try {
      parser.setErrorHandler(new BailErrorStrategy());
      parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
      parser.setTokenStream(new TokenRange(tokens, from, to));
      return rule.apply(parser);
    } catch (ParseCancellationException e) {
      parser.setErrorHandler(new SyntaxFaults(tokens, from, to));
      parser.getInterpreter().setPredictionMode(PredictionMode.LL);
      parser.setTokenStream(new TokenRange(tokens, from, to));
      return rule.apply(parser);
    }
  }

  /** Text from a generator or an adversary may nest deeper than the stack allows. */
  private <T> T guarded(int from, java.util.function.Supplier<T> step) {
    try {
      return step.get();
    } catch (StackOverflowError e) {
      var token = tokens.token(from);
      int column = token.getCharPositionInLine() + 1;
      throw CompilationException.at(
          Location.of(tokens.source(), token.getLine(), column, column + 1),
          "this statement is nested too deeply");
    }
  }
}
