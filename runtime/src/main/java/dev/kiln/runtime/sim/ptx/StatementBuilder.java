package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.PtxTextParser.GuardContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.InstructionContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.LineContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.ModifierContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.PragmaContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.StatementContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.TargetsContext;
import dev.kiln.runtime.sim.ptx.Statement.Guard;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/** Makes instructions, labels and what else stands in a body. */
final class StatementBuilder {
  private final Names names;
  private final TermBuilder terms;
  private final DeclarationBuilder variables;

  StatementBuilder(Names names, TermBuilder terms, DeclarationBuilder variables) {
    this.names = names;
    this.terms = terms;
    this.variables = variables;
  }

  Statement statement(StatementContext context) {
    var word = context.WORD().getSymbol();
    if (context.instruction() != null) {
      return instruction(word, context.guard(), context.instruction());
    }
    var at = TokenArray.at(word);
    String name = names.plain(word);
    return context.targets() == null
        ? new Statement.Label(at, name)
        : targets(at, name, context.targets());
  }

  private Instruction instruction(Token word, GuardContext guard, InstructionContext context) {
    var parts = names.parts(word);
    var modifiers = parts.rest();
    if (!context.modifier().isEmpty()) {
      modifiers = new ArrayList<>(modifiers);
      for (ModifierContext modifier : context.modifier()) {
        modifiers.add(modifier.getText().substring(1));
      }
    }
    return new Instruction(
        TokenArray.at(word),
        guard == null ? Optional.empty() : Optional.of(guard(guard)),
        parts.first(),
        modifiers,
        terms.operands(context.operand(), parts.first()));
  }

  private Guard guard(GuardContext context) {
    return new Guard(
        TokenArray.at(context.getStart()),
        names.plain(context.WORD().getSymbol()),
        context.NOT() != null);
  }

  private Statement targets(Position at, String name, TargetsContext context) {
    if (context.CALL_PROTOTYPE() != null) {
      var results = context.results() == null ? null : context.results().parameters();
      return new Statement.CallPrototype(
          at, name, variables.parameters(results), variables.parameters(context.parameters()));
    }
    var listed = new ArrayList<String>();
    context.WORD().forEach(word -> listed.add(names.plain(word.getSymbol())));
    return context.BRANCH_TARGETS() != null
        ? new Statement.BranchTargets(at, name, listed)
        : new Statement.CallTargets(at, name, listed);
  }

  static Statement line(LineContext context) {
    return new Statement.SourceLine(
        TokenArray.at(context.getStart()),
        NumberText.small(context.INTEGER(0).getSymbol()),
        NumberText.small(context.INTEGER(1).getSymbol()),
        NumberText.small(context.INTEGER(2).getSymbol()));
  }

  static List<Statement> pragmas(PragmaContext context) {
    var pragmas = new ArrayList<Statement>();
    for (var text : context.STRING()) {
      pragmas.add(new Statement.Pragma(TokenArray.at(text.getSymbol()), unquoted(text.getText())));
    }
    return pragmas;
  }

  /** The text between quotes; a backslash keeps its meaning to whoever reads the text. */
  static String unquoted(String text) {
    int end = text.length() > 1 && text.endsWith("\"") ? text.length() - 1 : text.length();
    return text.substring(1, end);
  }
}
