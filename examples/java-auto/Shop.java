import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A small service that the OpenTelemetry Java agent watches. Nothing here knows of it: the
 * same file runs with and without. It takes orders at /order and asks a second service for
 * the price, which by default is its own /price. It needs nothing but a JDK, 17 or newer.
 */
public final class Shop {
    private static final Map<String, Integer> PRICES = Map.of("tea", 3, "coffee", 4, "cake", 5);
    private static final Logger LOG = Logger.getLogger("shop");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String priceUrl;

    private Shop(String priceUrl) {
        this.priceUrl = priceUrl;
    }

    public static void main(String[] args) throws IOException {
        String listen = environment("LISTEN", "127.0.0.1:8084");
        int colon = listen.lastIndexOf(':');
        HttpServer server = HttpServer.create(
                new InetSocketAddress(listen.substring(0, colon), Integer.parseInt(listen.substring(colon + 1))), 0);
        Shop shop = new Shop(environment("PRICE_URL", "http://" + listen + "/price"));
        server.createContext("/order", shop::order);
        server.createContext("/price", shop::price);
        // The server's own executor answers one request at a time, and an order asks for a price.
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        LOG.info("listening on " + listen);
    }

    private void order(HttpExchange exchange) throws IOException {
        String item = item(exchange);
        try {
            HttpRequest request = HttpRequest.newBuilder(
                    URI.create(priceUrl + "?item=" + URLEncoder.encode(item, StandardCharsets.UTF_8))).build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("the price service answered " + answer.statusCode());
            }
            LOG.info("order taken: " + item);
            reply(exchange, 200, answer.body());
        } catch (IOException | InterruptedException e) {
            LOG.log(Level.SEVERE, "no price for it", e);
            reply(exchange, 502, "{\"error\":\"no price for it\"}");
        }
    }

    private void price(HttpExchange exchange) throws IOException {
        String item = item(exchange);
        Integer price = PRICES.get(item);
        if (price == null) {
            reply(exchange, 404, "{\"error\":\"no such item\"}");
            return;
        }
        LOG.info("price asked: " + item);
        reply(exchange, 200, "{\"item\":\"" + item + "\",\"price\":" + price + "}");
    }

    private static String item(HttpExchange exchange) {
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith("item=")) {
                return URLDecoder.decode(pair.substring("item=".length()), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        }
    }

    private static String environment(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
