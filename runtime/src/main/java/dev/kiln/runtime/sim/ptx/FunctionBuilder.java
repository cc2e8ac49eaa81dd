package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.PtxTextParser.FunctionContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.PerformanceContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A function's head, and from it, once its body has been read, the function. */
record FunctionBuilder(Function declaration, List<Statement> pragmas) {
  static FunctionBuilder of(FunctionContext context, Names names, DeclarationBuilder variables) {
    var directives = new TreeMap<String, List<Integer>>();
    var pragmas = new ArrayList<Statement>();
    for (PerformanceContext performance : context.performance()) {
      if (performance.pragma() == null) {
        directive(performance, directives);
      } else {
        pragmas.addAll(StatementBuilder.pragmas(performance.pragma()));
      }
    }
    var results = context.results() == null ? null : context.results().parameters();
    var declaration =
        new Function(
            TokenArray.at(context.WORD().getSymbol()),
            DeclarationBuilder.linkage(context.linkage()),
            context.ENTRY() != null,
            names.plain(context.WORD().getSymbol()),
            variables.parameters(results),
            variables.parameters(context.parameters()),
            directives,
            Optional.empty());
    return new FunctionBuilder(declaration, pragmas);
  }

  private static void directive(PerformanceContext context, Map<String, List<Integer>> directives) {
    var numbers =
        context.INTEGER().stream().map(number -> NumberText.small(number.getSymbol())).toList();
    directives.put(context.DIRECTIVE().getText().substring(1), numbers);
  }

  Function withBody(List<Statement> statements) {
    var body = new ArrayList<>(pragmas);
    body.addAll(statements);
    return new Function(
        declaration.at(),
        declaration.linkage(),
        declaration.entry(),
        declaration.name(),
        declaration.results(),
        declaration.parameters(),
        declaration.directives(),
        Optional.of(body));
  }
}
