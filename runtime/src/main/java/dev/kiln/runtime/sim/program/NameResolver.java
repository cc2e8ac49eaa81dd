package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.program.Definition.Datum;
import dev.kiln.runtime.sim.program.Definition.Placement;
import dev.kiln.runtime.sim.program.Definition.Register;
import dev.kiln.runtime.sim.program.Definition.RegisterVector;
import dev.kiln.runtime.sim.ptx.Linkage;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.List;
import java.util.Optional;

/** What the names in a line's operands mean. */
final class NameResolver {
  static final String COMPONENTS = "xyzw";
  private static final String COLOURS = "rgba";

  /** Begins names that no text can hold. */
  private static final String HIDDEN = " ";

  /** Shared memory that is set apart for the system. */
  static final Datum RESERVED = reserved();

  private final LineContext context;

  NameResolver(LineContext context) {
    this.context = context;
  }

  /** The name of a place in the frame that the text has none for. */
  static String hiddenName(int offset) {
    return HIDDEN + offset;
  }

  /** What a name is, for an operand. */
  sealed interface Named {
    record OfRegister(Register register) implements Named {}

    record OfSpecial(SpecialName special) implements Named {}

    /** A {@link Datum} or {@link Definition.Code}. */
    record OfAddress(Position at, String name, Definition definition) implements Named {}
  }

  /** What is declared under a name where the line stands. */
  Optional<Definition> find(Operand.Name name) {
    if (name.name().startsWith(HIDDEN)) {
      long offset = Long.parseLong(name.name().substring(HIDDEN.length()));
      return Optional.of(hiddenDatum(name, offset));
    }
    return context.line.scope().find(name.name(), name.at());
  }

  private static Datum hiddenDatum(Operand.Name name, long offset) {
    Variable variable =
        new Variable(
            name.at(),
            Linkage.NONE,
            Space.LOCAL,
            16,
            PtxType.B64,
            1,
            name.name(),
            List.of(),
            Optional.empty(),
            Optional.empty());
    return new Datum(name.at(), variable, Placement.FRAME, offset, ControlFlow.NONE);
  }

  private static Datum reserved() {
    Variable variable =
        new Variable(
            new Position(1, 1),
            Linkage.NONE,
            Space.SHARED,
            128,
            PtxType.B8,
            1,
            "reserved for the system",
            List.of(SpecialName.RESERVED_BYTES),
            Optional.empty(),
            Optional.empty());
    return FunctionText.moduleDatum(variable);
  }

  /** What an operand's name is; an error if it is nothing that has a value. */
  Named resolve(Operand.Name name) {
    Optional<Definition> found = find(name);
    if (found.isEmpty()) {
      Optional<SpecialName> special = SpecialName.find(name.name(), name.component());
      if (special.isPresent()) {
        return new Named.OfSpecial(special.get());
      }
      if (SpecialName.VECTORS.contains(name.name())) {
        throw context.unsupportedAt(name.at(), LineContext.describe(name) + " as a whole");
      }
      if (SpecialName.UNKNOWN.matcher(name.name()).matches()) {
        throw context.unsupportedAt(
            name.at(), "special register " + LineContext.describe(name) + " is not simulated");
      }
      throw Scope.undefined(name.at(), name.name());
    }
    return switch (found.get()) {
      case Register register -> {
        if (name.component().isPresent()) {
          throw context.unsupportedAt(
              name.at(), "the part " + LineContext.describe(name) + " of a register");
        }
        yield new Named.OfRegister(register);
      }
      case RegisterVector vector -> new Named.OfRegister(component(name, vector));
      case Datum datum -> new Named.OfAddress(name.at(), name.name(), datum);
      case Definition.Code code -> new Named.OfAddress(name.at(), name.name(), code);
      case Definition.Label label ->
          throw context.malformedAt(name.at(), "a label is no value here");
      case Definition.Branches targets ->
          throw context.malformedAt(name.at(), "a list is no value here");
      case Definition.Calls targets ->
          throw context.malformedAt(name.at(), "a list is no value here");
      case Definition.Prototype prototype ->
          throw context.malformedAt(name.at(), "a prototype is no value here");
    };
  }

  /** The same where only something with an address will do. */
  Named.OfAddress addressed(Operand.Name name) {
    if (resolve(name) instanceof Named.OfAddress address) {
      return address;
    }
    throw context.malformedAt(name.at(), "'" + name.name() + "' has no address");
  }

  private Register component(Operand.Name name, RegisterVector vector) {
    String letter =
        name.component()
            .orElseThrow(() -> context.malformedAt(name.at(), "'" + name.name() + "' is a vector"));
    int index = Math.max(COMPONENTS.indexOf(letter), COLOURS.indexOf(letter));
    if (index < 0 || index >= vector.components().size()) {
      throw context.malformedAt(name.at(), "'" + name.name() + "' has no component ." + letter);
    }
    return vector.components().get(index);
  }
}
