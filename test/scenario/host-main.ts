import { serveOrders } from "./host.ts";

serveOrders();
