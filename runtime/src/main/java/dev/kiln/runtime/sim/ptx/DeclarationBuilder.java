package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.PtxTextParser.CountContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.DeclarationContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.DimensionContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.InitializerContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.LinkageContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.ParameterContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.ParametersContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.TermContext;
import dev.kiln.runtime.sim.ptx.PtxTextParser.VariableContext;
import dev.kiln.runtime.sim.ptx.Value.Other;
import dev.kiln.runtime.sim.ptx.Value.Real;
import dev.kiln.runtime.sim.ptx.Value.Symbol;
import dev.kiln.runtime.sim.ptx.Value.Whole;
import dev.kiln.runtime.sim.ptx.Variable.Initializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;

/** Makes variables, parameters and registers of their declarations. */
final class DeclarationBuilder {
  /** More registers than any compiler names, and few enough to count them. */
  private static final long MOST_REGISTERS = 1_000_000;

  /** Bytes of a variable, beyond every device's memory. */
  private static final long LARGEST = 1L << 40;

  private final Names names;
  private final TermBuilder terms;

  DeclarationBuilder(Names names, TermBuilder terms) {
    this.names = names;
    this.terms = terms;
  }

  static Linkage linkage(List<LinkageContext> contexts) {
    if (contexts.isEmpty()) {
      return Linkage.NONE;
    }
    return switch (contexts.getFirst().getStart().getType()) {
      case PtxTextParser.EXTERN -> Linkage.EXTERN;
      case PtxTextParser.WEAK -> Linkage.WEAK;
      case PtxTextParser.COMMON -> Linkage.COMMON;
      default -> Linkage.VISIBLE;
    };
  }

  List<Variable> parameters(ParametersContext context) {
    var parameters = new ArrayList<Variable>();
    if (context != null) {
      for (ParameterContext parameter : context.parameter()) {
        var specifiers = Specifiers.of(parameter, parameter.specifier());
        parameters.add(variable(Linkage.NONE, specifiers, parameter.variable()));
      }
    }
    return parameters;
  }

  List<Variable> variables(DeclarationContext context) {
    var linkage = linkage(context.linkage());
    var specifiers = Specifiers.of(context, context.specifier());
    var variables = new ArrayList<Variable>();
    for (VariableContext variable : context.variable()) {
      variables.add(variable(linkage, specifiers, variable));
    }
    return variables;
  }

  /** Of a declaration whose space is {@code .reg}. */
  List<Statement> registers(DeclarationContext context) {
    var specifiers = Specifiers.of(context, context.specifier());
    var registers = new ArrayList<Statement>();
    for (VariableContext variable : context.variable()) {
      var at = TokenArray.at(variable.getStart());
      if (!variable.dimension().isEmpty() || variable.initializer() != null) {
        throw new PtxFault(at, "a register is no array and has no initial value");
      }
      registers.add(
          new Statement.Registers(
              at,
              specifiers.type(),
              specifiers.vector(),
              names.plain(variable.WORD().getSymbol()),
              count(variable.count())));
    }
    return registers;
  }

  private Optional<Integer> count(CountContext context) {
    if (context == null) {
      return Optional.empty();
    }
    long count = whole(context);
    if (count < 0 || count > MOST_REGISTERS) {
      throw new PtxFault(
          TokenArray.at(context.getStart()),
          "a number of registers lies between 0 and " + MOST_REGISTERS);
    }
    return Optional.of((int) count);
  }

  private Variable variable(Linkage linkage, Specifiers specifiers, VariableContext context) {
    var at = TokenArray.at(context.getStart());
    if (context.LESS() != null) {
      throw new PtxFault(at, "only registers are declared in numbers");
    }
    // What a sampler is initialised with are properties, which nothing here can use.
    var initializer =
        specifiers.type().isOpaque()
            ? Optional.<Initializer>empty()
            : Optional.ofNullable(context.initializer()).map(this::initializer);
    var dimensions = new ArrayList<Long>();
    for (DimensionContext dimension : context.dimension()) {
      dimensions.add(dimension.term() == null ? 0 : extent(dimension.term()));
    }
    if (!dimensions.isEmpty()
        && dimensions.getFirst() == 0
        && initializer.orElse(null) instanceof Initializer.Elements elements) {
      dimensions.set(0, (long) elements.elements().size());
    }
    checkSize(at, specifiers, dimensions);
    return new Variable(
        at,
        linkage,
        specifiers.space(),
        specifiers.alignment(),
        specifiers.type(),
        specifiers.vector(),
        names.plain(context.WORD().getSymbol()),
        dimensions,
        initializer,
        specifiers.pointee());
  }

  private long extent(TermContext context) {
    long extent = whole(context);
    if (extent < 0) {
      throw new PtxFault(TokenArray.at(context.getStart()), "an array cannot be so long");
    }
    return extent;
  }

  private static void checkSize(Position at, Specifiers specifiers, List<Long> dimensions) {
    double bytes = specifiers.type().bytes() * specifiers.vector();
    for (long dimension : dimensions) {
      bytes *= dimension;
    }
    if (bytes > LARGEST) {
      throw new PtxFault(at, "this variable is larger than any memory");
    }
  }

  private long whole(ParserRuleContext context) {
    if (terms.value(context) instanceof Whole whole) {
      return whole.bits();
    }
    throw new PtxFault(TokenArray.at(context.getStart()), "a whole number has to stand here");
  }

  private Initializer initializer(InitializerContext context) {
    var at = TokenArray.at(context.getStart());
    if (context.term() == null) {
      var elements = new ArrayList<Initializer>();
      for (InitializerContext element : context.initializer()) {
        elements.add(initializer(element));
      }
      return new Initializer.Elements(at, elements);
    }
    return switch (terms.value(context.term())) {
      case Whole whole ->
          new Initializer.Constant(at, new Operand.IntegerLiteral(at, whole.bits()));
      case Real real ->
          new Initializer.Constant(at, new Operand.FloatLiteral(at, real.single(), real.bits()));
      case Symbol symbol when symbol.name().component().isPresent() ->
          throw new PtxFault(at, "a component is no initial value");
      case Symbol symbol ->
          new Initializer.AddressOf(
              at, symbol.name().name(), symbol.offset(), symbol.generic(), symbol.mask());
      case Other other -> throw new PtxFault(at, "this is no initial value");
    };
  }
}
