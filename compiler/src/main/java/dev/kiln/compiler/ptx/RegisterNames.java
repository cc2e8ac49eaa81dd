package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Register;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Names for registers, in the order in which they are asked for; one for each home. */
final class RegisterNames {
  private final RegisterHomes homes;
  private final Map<Register, String> names = new HashMap<>();
  private final Map<RegisterClass, Integer> counts = new EnumMap<>(RegisterClass.class);

  RegisterNames(RegisterHomes homes) {
    this.homes = homes;
  }

  RegisterHomes homes() {
    return homes;
  }

  String of(Register register) {
    return names.computeIfAbsent(homes.of(register), this::next);
  }

  private String next(Register register) {
    return "%" + register.type().prefix() + counts.merge(register.type(), 1, Integer::sum);
  }

  /** Declarations of all registers named so far. */
  void declare(StringBuilder text) {
    counts.forEach(
        (type, count) ->
            text.append("  .reg .")
                .append(type.type())
                .append(" %")
                .append(type.prefix())
                .append('<')
                .append(count + 1)
                .append(">;\n"));
  }
}
