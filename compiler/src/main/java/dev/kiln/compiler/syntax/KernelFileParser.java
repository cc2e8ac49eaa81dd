package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads kernel files: ordinary Python modules, of which only what kernels can refer to must be well
 * formed.
 *
 * <p>The tokens are split into module-level statements by indentation, and each is parsed on its
 * own, so that host code which does not parse is passed over. A function or class whose decorators
 * mention {@code jit}, {@code constexpr_function} or {@code aggregate} must parse. Such functions
 * are found within host functions and classes too.
 */
public final class KernelFileParser {
  private final TokenizedSource tokens;
  private final StatementParser parser;
  private final List<Stmt> statements = new ArrayList<>();
  private final List<Stmt.FunctionDef> nested = new ArrayList<>();
  private final List<Diagnostic> skipped = new ArrayList<>();
  private final Map<Stmt, List<KernelFile.Guard>> guards = new IdentityHashMap<>();
  private List<KernelFile.Guard> guard = List.of();

  private KernelFileParser(Source source) {
    tokens = new TokenizedSource(source, IndentationLexer.ofFile(source));
    parser = new StatementParser(tokens);
  }

  /**
   * The statements of a kernel file.
   *
   * @throws CompilationException if a function or class for the device is not well formed
   */
  public static KernelFile parse(Source source) {
    var file = new KernelFileParser(source);
    file.tokens
        .hidingFault()
        .ifPresent(
            fault -> {
              throw new CompilationException(fault.diagnostic());
            });
    file.module(0, file.tokens.end());
    file.addNested();
    return new KernelFile(
        source,
        List.copyOf(file.statements),
        List.copyOf(file.skipped),
        Collections.unmodifiableMap(file.guards));
  }

  /**
   * The expression that is the whole text of a source.
   *
   * @throws CompilationException if it is not one well-formed expression
   */
  public static Expr parseExpression(Source source) {
    return StatementParser.expression(source, source.text(), 1, 1);
  }

  // ---- module level

  private void module(int from, int to) {
    for (int at = from; at < to; ) {
      if (isLayout(tokens.type(at))) {
        at++;
        continue;
      }
      int end = Math.min(tokens.statementEnd(at), to);
      moduleStatement(at, end);
      at = end;
    }
  }

  private static boolean isLayout(int type) {
    return type == KernelPythonLexer.NEWLINE
        || type == KernelPythonLexer.INDENT
        || type == KernelPythonLexer.DEDENT;
  }

  private void moduleStatement(int from, int to) {
    switch (tokens.type(from)) {
      case KernelPythonLexer.AT -> decorated(from, to);
      case KernelPythonLexer.IF -> branches(from, to);
      case KernelPythonLexer.WITH -> clauses(from, to);
      case KernelPythonLexer.TRY -> guarded(from, to);
      case KernelPythonLexer.DEF, KernelPythonLexer.CLASS -> {
        if (lenient(from, to)) {
          findNested(from, to);
        }
      }
      case KernelPythonLexer.FOR, KernelPythonLexer.FROM, KernelPythonLexer.IMPORT ->
          lenient(from, to);
      case KernelPythonLexer.NAME,
          KernelPythonLexer.LPAR,
          KernelPythonLexer.LBRACKET,
          KernelPythonLexer.STAR ->
          lenient(from, to);
      case KernelPythonLexer.ASYNC -> findNested(from, to);
      default -> {}
    }
  }

  /** The statements within each clause, all of them. */
  private void clauses(int from, int to) {
    for (int at = from; at < to; ) {
      int end = Math.min(tokens.clauseEnd(at), to);
      clause(at, end);
      at = end;
    }
  }

  /** The statements of all branches, each with the conditions under which it is run. */
  private void branches(int from, int to) {
    var outer = guard;
    var earlier = new ArrayList<>(outer);
    for (int at = from; at < to; ) {
      int end = Math.min(tokens.clauseEnd(at), to);
      int colon = afterColon(at, end) - 1;
      var test =
          tokens.type(at) == KernelPythonLexer.ELSE
              ? Optional.<Expr>empty()
              : condition(at + 1, colon);
      guard = List.copyOf(earlier);
      if (test.isPresent()) {
        guard = new ArrayList<>(earlier);
        guard.add(new KernelFile.Guard(test.get(), true));
        earlier.add(new KernelFile.Guard(test.get(), false));
      }
      clause(at, end);
      at = end;
    }
    guard = outer;
  }

  /** A condition that does not parse is taken for one that nobody knows. */
  private Optional<Expr> condition(int from, int to) {
    try {
      return Optional.of(parser.expression(from, to));
    } catch (CompilationException e) {
      return Optional.empty();
    }
  }

  private void keep(List<Stmt> parsed) {
    statements.addAll(parsed);
    if (!guard.isEmpty()) {
      parsed.forEach(statement -> guards.put(statement, List.copyOf(guard)));
    }
  }

  private void clause(int from, int to) {
    int indent = tokens.lineEnd(from) + 1;
    if (indent < to && tokens.type(indent) == KernelPythonLexer.INDENT) {
      module(indent + 1, to);
      return;
    }
    int colon = afterColon(from, to);
    if (colon < to) {
      lenient(colon, to);
    }
  }

  /** The position after the colon that ends the header of a clause on one line. */
  private int afterColon(int from, int to) {
    int depth = 0;
    for (int at = from; at < to; at++) {
      switch (tokens.type(at)) {
        case KernelPythonLexer.LPAR,
            KernelPythonLexer.LBRACKET,
            KernelPythonLexer.LBRACE,
            KernelPythonLexer.LAMBDA ->
            depth++;
        case KernelPythonLexer.RPAR, KernelPythonLexer.RBRACKET, KernelPythonLexer.RBRACE ->
            depth--;
        case KernelPythonLexer.COLON -> {
          if (depth == 0) {
            return at + 1;
          }
        }
        default -> {}
      }
    }
    return to;
  }

  /** Of {@code try} the body, and of the other clauses what binds names that the body does not. */
  private void guarded(int from, int to) {
    int first = Math.min(tokens.clauseEnd(from), to);
    int before = statements.size();
    clause(from, first);
    var bound = boundNames(statements.subList(before, statements.size()));
    int bodyEnd = statements.size();
    clauses(first, to);
    var others = statements.subList(bodyEnd, statements.size());
    others.removeIf(
        statement -> {
          var names = boundNames(List.of(statement));
          return names.isEmpty() || bound.containsAll(names);
        });
  }

  private static Set<String> boundNames(List<Stmt> statements) {
    var names = new HashSet<String>();
    statements.forEach(statement -> names.addAll(BoundNames.of(statement)));
    return names;
  }

  // ---- functions and classes

  private void decorated(int from, int to) {
    if (isForDevice(from)) {
      keep(parser.statement(from, to));
    } else if (lenient(from, to)) {
      findNested(from, to);
    }
  }

  /**
   * Whether a decorator at {@code at} or below it mentions what makes a function part of the
   * device's code.
   */
  private boolean isForDevice(int at) {
    for (int line = at;
        tokens.type(line) == KernelPythonLexer.AT;
        line = tokens.lineEnd(line) + 1) {
      for (int i = line; i < tokens.lineEnd(line); i++) {
        if (tokens.type(i) == KernelPythonLexer.NAME && isDeviceName(tokens.token(i).getText())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isDeviceName(String name) {
    return name.contains("jit") || name.equals("constexpr_function") || name.equals("aggregate");
  }

  /**
   * Keeps the statement if it parses, and notes it if not.
   *
   * @return whether functions for the device may be found within it
   */
  private boolean lenient(int from, int to) {
    try {
      keep(parser.statement(from, to));
    } catch (CompilationException e) {
      e.diagnostics().stream()
          .map(
              d -> new Diagnostic(Diagnostic.Severity.WARNING, d.location(), d.message(), d.hint()))
          .forEach(skipped::add);
    }
    return true;
  }

  /**
   * Decorated functions for the device anywhere between two positions, as factories of kernels hold
   * them.
   */
  private void findNested(int from, int to) {
    for (int at = tokens.lineEnd(skipDecorators(from)) + 1; at < to; at++) {
      boolean beginsLine = isLayout(tokens.type(at - 1));
      if (!beginsLine || tokens.type(at) != KernelPythonLexer.AT || !isForDevice(at)) {
        continue;
      }
      int end = Math.min(tokens.statementEnd(at), to);
      if (tokens.type(skipDecorators(at)) == KernelPythonLexer.DEF) {
        for (var statement : parser.statement(at, end)) {
          nested.add((Stmt.FunctionDef) statement);
        }
      }
      at = end - 1;
    }
  }

  private int skipDecorators(int from) {
    int at = from;
    while (tokens.type(at) == KernelPythonLexer.AT) {
      at = Math.min(tokens.lineEnd(at) + 1, tokens.end());
    }
    return at;
  }

  /** A module-level name wins over a nested function's, and of two nested functions the first. */
  private void addNested() {
    var names = boundNames(statements);
    for (var function : nested) {
      if (names.add(function.name())) {
        statements.add(function);
      } else {
        skipped.add(
            Diagnostic.warning(
                function.loc(),
                "the nested function '" + function.name() + "' is hidden by another of that name"));
      }
    }
  }
}
