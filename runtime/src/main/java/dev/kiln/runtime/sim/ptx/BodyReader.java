package dev.kiln.runtime.sim.ptx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Reads what stands between a function's braces. */
final class BodyReader {
  private final StatementSource source;
  private final Diagnostics diagnostics;
  private final DeclarationBuilder declarations;
  private final StatementBuilder statements;
  private final Consumer<Variable> declared;

  /**
   * @param declared hears of the variables in bodies
   */
  BodyReader(
      StatementSource source,
      Diagnostics diagnostics,
      DeclarationBuilder declarations,
      StatementBuilder statements,
      Consumer<Variable> declared) {
    this.source = source;
    this.diagnostics = diagnostics;
    this.declarations = declarations;
    this.statements = statements;
    this.declared = declared;
  }

  /** A block whose {@code }} is still to come. */
  private record Open(Position at, List<Statement> statements) {}

  /**
   * The statements from the brace that comes next to the one that closes it.
   *
   * @param owner whose body it is, for messages
   * @throws PtxFault if the text ends before
   */
  List<Statement> body(String owner) {
    Deque<Open> open = new ArrayDeque<>();
    while (true) {
      switch (source.type()) {
        case PtxTextParser.LBRACE -> {
          open.push(new Open(source.at(), new ArrayList<>()));
          source.advance();
        }
        case PtxTextParser.RBRACE -> {
          source.advance();
          var block = open.pop();
          if (open.isEmpty()) {
            return block.statements();
          }
          open.peek().statements().add(new Statement.Scope(block.at(), block.statements()));
        }
        case PtxTextParser.EOF ->
            throw new PtxFault(
                source.at(),
                "the text ends within "
                    + owner
                    + ": '{' of line "
                    + open.peek().at().line()
                    + " is not closed");
        default -> guarded(open.peek().statements());
      }
    }
  }

  private void guarded(List<Statement> into) {
    int start = source.index();
    try {
      statement(into);
    } catch (PtxFault fault) {
      diagnostics.add(fault);
      source.recover(start);
    }
  }

  private void statement(List<Statement> into) {
    switch (source.type()) {
      case PtxTextParser.WORD, PtxTextParser.AT ->
          into.add(statements.statement(source.parse(PtxTextParser::statement)));
      case PtxTextParser.REG ->
          into.addAll(declarations.registers(source.parse(PtxTextParser::declaration)));
      case PtxTextParser.LOC -> into.add(StatementBuilder.line(source.parse(PtxTextParser::line)));
      case PtxTextParser.PRAGMA ->
          into.addAll(StatementBuilder.pragmas(source.parse(PtxTextParser::pragma)));
      case PtxTextParser.SEMICOLON -> source.advance();
      case PtxTextParser.SPACE,
          PtxTextParser.VECTOR,
          PtxTextParser.ALIGN,
          PtxTextParser.ATTRIBUTE,
          PtxTextParser.EXTERN,
          PtxTextParser.VISIBLE,
          PtxTextParser.WEAK,
          PtxTextParser.COMMON,
          PtxTextParser.DIRECTIVE ->
          declaration(into);
      default ->
          throw new PtxFault(
              source.at(), "'" + source.token().getText() + "' does not begin a statement");
    }
  }

  private void declaration(List<Statement> into) {
    for (Variable variable : declarations.variables(source.parse(PtxTextParser::declaration))) {
      declared.accept(variable);
      into.add(new Statement.Declaration(variable.at(), variable));
    }
  }
}
