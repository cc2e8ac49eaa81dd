package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.PtxTextParser.SpecifierContext;
import dev.kiln.runtime.sim.ptx.Variable.Pointee;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** The words before a variable's name: {@code .global .align 16 .v2 .f32}. */
record Specifiers(Space space, int alignment, PtxType type, int vector, Optional<Pointee> pointee) {
  /** Where {@code .ptr} has no {@code .align} (PTX manual, "Kernel Parameter Attribute: .ptr"). */
  private static final int POINTEE_ALIGNMENT = 4;

  /** Largest alignment that is believed, in bytes. */
  private static final int LARGEST_ALIGNMENT = 1 << 20;

  static Specifiers of(ParserRuleContext declaration, List<SpecifierContext> contexts) {
    var reading = new Reading();
    for (SpecifierContext context : contexts) {
      reading.take(context);
    }
    return reading.result(TokenArray.at(declaration.getStart()));
  }

  private static final class Reading {
    private Space space;
    private int alignment;
    private PtxType type;
    private int vector = 1;
    private boolean pointer;
    private Space pointeeSpace = Space.GENERIC;
    private int pointeeAlignment = POINTEE_ALIGNMENT;

    void take(SpecifierContext context) {
      var token = context.getStart();
      switch (token.getType()) {
        case PtxTextParser.SPACE, PtxTextParser.REG -> space(token);
        case PtxTextParser.VECTOR -> vector = token.getText().charAt(2) - '0';
        case PtxTextParser.ALIGN -> align(context.INTEGER().getSymbol());
        case PtxTextParser.PTR -> pointer = true;
        case PtxTextParser.DIRECTIVE -> type(token);
        default -> {
          // An attribute: where the driver shall place the variable.
        }
      }
    }

    private void space(Token token) {
      var named = Space.valueOf(token.getText().substring(1).toUpperCase(Locale.ROOT));
      if (pointer) {
        pointeeSpace = named;
      } else if (space != null) {
        throw new PtxFault(TokenArray.at(token), "a second state space");
      } else {
        space = named;
      }
    }

    private void align(Token token) {
      int bytes = NumberText.small(token);
      if (Integer.bitCount(bytes) != 1 || bytes > LARGEST_ALIGNMENT) {
        throw new PtxFault(TokenArray.at(token), "an alignment has to be a power of two");
      }
      if (pointer) {
        pointeeAlignment = bytes;
      } else {
        alignment = bytes;
      }
    }

    private void type(Token token) {
      String word = token.getText().substring(1);
      if (word.equals("shared::cta")) {
        space = Space.SHARED;
        return;
      }
      var named =
          PtxType.parse(word)
              .orElseThrow(
                  () ->
                      new PtxFault(
                          TokenArray.at(token), "'" + token.getText() + "' is not a type"));
      if (type != null) {
        throw new PtxFault(TokenArray.at(token), "a second type");
      }
      type = named;
    }

    Specifiers result(Position at) {
      if (type == null) {
        throw new PtxFault(at, "a declaration has to name a type, such as '.b32'");
      }
      if (space == null) {
        throw new PtxFault(at, "a declaration has to name a state space, such as '.global'");
      }
      return new Specifiers(
          space,
          alignment == 0 ? type.bytes() * vector : alignment,
          type,
          vector,
          pointer ? Optional.of(new Pointee(pointeeSpace, pointeeAlignment)) : Optional.empty());
    }
  }
}
